import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import { liftLease, type Lease } from "../faults/lease.ts";
import { Child } from "./child.ts";
import { lineSplitter } from "./lines.ts";
import { beatEveryMs, encodeLine, type WardenCommand, type WardenEvent } from "./protocol.ts";

export { Child, type Exit, type ReadyLine } from "./child.ts";

export interface SpawnOptions {
  /** Unique in the run; names the child in messages. */
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the conductor's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File that gets its stdout and stderr, appended. */
  readonly log: string;
  /** From its very first line on; `Child.onLine` hears from the next. */
  readonly onLine?: (line: string) => void;
}

export interface WardenOptions {
  /** Shown in the process list beside the warden, for whoever wonders what it is. */
  readonly label?: string;
  /** A lease that the warden could not lift, or that ran out (`expired`). */
  readonly onTrouble?: (event: Extract<WardenEvent, { event: "error" | "expired" }>) => void;
}

const gracefulMs = 2_000;

/** Starts the warden of a run. One conductor, one warden; `await using` it. */
export function startWarden(options: WardenOptions = {}): Warden {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const process_ = spawn(process.execPath, [main, options.label ?? "blastlab"], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  return new Warden(process_, options.onTrouble ?? (() => {}));
}

/** The conductor's end of the warden. */
export class Warden implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #onTrouble: NonNullable<WardenOptions["onTrouble"]>;
  readonly #children = new Map<string, Child>();
  readonly #spawning = new Map<string, { options: SpawnOptions } & PromiseWithResolvers<Child>>();
  readonly #leasing = new Map<string, PromiseWithResolvers<void>>();
  readonly #leases = new Map<string, Lease>();
  readonly #beats: NodeJS.Timeout;
  readonly #ended = Promise.withResolvers<void>();
  #alive = true;
  #stopping = false;

  constructor(process_: ChildProcess, onTrouble: NonNullable<WardenOptions["onTrouble"]>) {
    this.#process = process_;
    this.#onTrouble = onTrouble;
    this.#beats = setInterval(() => this.#send({ op: "beat" }), beatEveryMs);
    const lines = lineSplitter((line) => this.#hear(JSON.parse(line) as WardenEvent));
    process_.stdout?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
    process_.stdin?.on("error", () => {});
    process_.once("error", () => this.#end());
    process_.once("close", () => this.#end());
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** Resolves once the process exists; `ready` of the child says when it serves. Rejects with LabError `failed` `spawn_failed`. */
  spawn(options: SpawnOptions): Promise<Child> {
    if (!this.#alive) return Promise.reject(wardenGone());
    const spawning = { options, ...Promise.withResolvers<Child>() };
    this.#spawning.set(options.id, spawning);
    const { id, command, args, env = {}, cwd = process.cwd(), log } = options;
    this.#send({ op: "spawn", id, command, args, env, cwd, log });
    return spawning.promise;
  }

  /** Resolves when the warden holds the lease; inject the fault only then. `expiresInMs` is its dead-man limit. */
  lease(id: string, lease: Lease, expiresInMs: number): Promise<void> {
    if (!this.#alive) return Promise.reject(wardenGone());
    const leasing = Promise.withResolvers<void>();
    this.#leasing.set(id, leasing);
    this.#leases.set(id, lease);
    this.#send({ op: "lease", id, lease, expiresInMs });
    return leasing.promise;
  }

  /** The fault is lifted: the warden may forget it. */
  release(id: string): void {
    this.#leases.delete(id);
    this.#send({ op: "release", id });
  }

  /** Lifts what is still leased, stops the children (SIGKILL after `graceMs`), ends the warden. Harmless when called twice. */
  shutdown(graceMs: number = gracefulMs): Promise<void> {
    this.#stopping = true;
    this.#send({ op: "shutdown", graceMs });
    return this.#ended.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #send(command: WardenCommand): void {
    if (this.#alive) this.#process.stdin?.write(encodeLine(command));
  }

  #hear(event: WardenEvent): void {
    switch (event.event) {
      case "spawned":
        return this.#spawned(event.id, event.pid);
      case "line":
        return this.#children.get(event.id)?.hearLine(event.line);
      case "exit":
        this.#children.get(event.id)?.hearExit(event);
        return void this.#children.delete(event.id);
      case "leased":
        this.#leasing.get(event.id)?.resolve();
        return void this.#leasing.delete(event.id);
      case "expired":
        this.#leases.delete(event.id);
        return this.#onTrouble(event);
      case "error":
        return event.code === "spawn_failed" ? this.#spawnFailed(event.id, event.message) : this.#onTrouble(event);
    }
  }

  #spawned(id: string, pid: number): void {
    const spawning = this.#spawning.get(id);
    if (spawning === undefined) return;
    this.#spawning.delete(id);
    const child = new Child({ id, pid, log: spawning.options.log, stop: (graceMs) => this.#send({ op: "stop", id, graceMs }) });
    if (spawning.options.onLine !== undefined) child.onLine(spawning.options.onLine);
    this.#children.set(id, child);
    spawning.resolve(child);
  }

  #spawnFailed(id: string, message: string): void {
    const { options, reject } = this.#spawning.get(id) ?? {};
    this.#spawning.delete(id);
    reject?.(
      new LabError({
        exit: "failed",
        code: "spawn_failed",
        message: `Cannot start ${id} (${options?.command}): ${message}`,
        hint: "`blastlab doctor` shows what is installed and what would be used",
      }),
    );
  }

  /** Nobody reports of the children any more. A warden that was killed has left them and the faults to us. */
  #end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    clearInterval(this.#beats);
    for (const { reject } of [...this.#spawning.values(), ...this.#leasing.values()]) reject(wardenGone());
    for (const child of this.#children.values()) {
      killGroup(child.pid);
      child.hearExit({ code: null, signal: "SIGKILL" });
    }
    const left = this.#stopping ? [] : [...this.#leases.values()];
    void Promise.allSettled(left.map((lease) => liftLease(lease))).then(() => this.#ended.resolve());
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: it has ended by itself.
  }
}

function wardenGone(): LabError {
  return new LabError({
    exit: "failed",
    code: "warden_gone",
    message: "The warden, which owns the run's processes, has ended",
    hint: "Run again; a warden ends by itself only when the machine stalls for seconds or somebody kills it",
  });
}
