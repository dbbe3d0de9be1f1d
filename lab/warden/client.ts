import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { StillInForce } from "../../kernel/records.ts";
import { childEnvironment } from "../child-environment.ts";
import { Child, signalFailed, type Exit } from "./child.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { lineSplitter } from "./lines.ts";
import { runCommand } from "./run-command.ts";
import { Silence } from "./silence.ts";
import { encodeLine, renewEveryMs, silentMsMax, type ChildProxy, type ChildSignal, type Trouble, type WardenCommand, type WardenEvent } from "./protocol.ts";
import type { Lease } from "./undo.ts";
import { undoByHttp } from "./undo-http.ts";

export { Child, describeExit, type Exit } from "./child.ts";
export type { ChildSignal, Trouble } from "./protocol.ts";
export type { Lease } from "./undo.ts";

export interface SpawnOptions {
  /** Unique in the run; names the child in messages. */
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Names of the conductor's variables that it gets besides those of every child (`child-environment.ts`). */
  readonly variables?: readonly string[];
  /** Added to these. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File that gets its stdout and stderr, appended. */
  readonly log: string;
  /** How it is signalled where its process only stands for another. */
  readonly proxy?: ChildProxy;
  /** Gets each line from the very first; `Child.onLine` gets those after it. Kept for a respawn. */
  readonly onLine?: (line: string) => void;
}

/** Where children are started when not as processes of the conductor's own machine. */
export interface ChildPlace {
  /** Names of the conductor's variables that the commands of a `ChildProxy` need. */
  readonly variables: readonly string[];
  /** How this child is started there; what belongs elsewhere comes back as it is. */
  readonly placed: (options: SpawnOptions) => SpawnOptions;
}

/** The end of a child, or of the warden itself (`wardenId`). */
export interface PartExit extends Exit {
  readonly id: string;
  readonly log: string;
}

export interface WardenOptions {
  /** Shown in the process list beside the warden. */
  readonly label?: string;
  /** File that gets the warden's own log, appended. */
  readonly log: string;
  /** `end.json` of the run: written by the warden, where it is not there yet, when the conductor dies. */
  readonly endFile?: string;
  /** Absent: every child is started as it is given. */
  readonly place?: ChildPlace;
  /** The run may not be what its plan says: record it. */
  readonly onTrouble: (trouble: Trouble) => void;
  /** Every end of a child, ordered or not, and of a warden that was not shut down. */
  readonly onExit: (exit: PartExit) => void;
}

/** What `onExit` calls the warden. No child may have this id. */
export const wardenId = "warden";
const gracefulMs = 2_000;

/** Starts the warden of a run. One conductor, one warden; `await using` it. */
export function startWarden(options: WardenOptions): Warden {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const log = openSync(options.log, "a");
  try {
    const process_ = spawn(process.execPath, [main, options.label ?? "blastlab", ...(options.endFile === undefined ? [] : [options.endFile])], { detached: true, env: childEnvironment(options.place?.variables), stdio: ["pipe", "pipe", log, terminal()] });
    return new Warden(process_, options);
  } finally {
    closeSync(log);
  }
}

/** Where the warden reports that this process was killed. Under another Node (blastlab.mjs) that one reports it. */
function terminal(): 2 | "ignore" {
  return process.env["BLASTLAB_PARENT_REPORTS"] === "1" ? "ignore" : 2;
}

type Request = Extract<WardenCommand, { request: number }>;
/** Of each member of a union by itself. */
type WithoutRequest<T> = T extends unknown ? Omit<T, "request"> : never;

/** The conductor's end of the warden. */
export class Warden implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #options: WardenOptions;
  readonly #spawned = new Map<string, SpawnOptions>();
  /** The last start of each. */
  readonly #children = new Map<string, Child>();
  readonly #leases = new Map<string, Lease>();
  readonly #requests = new Map<number, PromiseWithResolvers<readonly StillInForce[]>>();
  readonly #renewals: NodeJS.Timeout;
  readonly #silence = new Silence(renewEveryMs);
  /** The last renewal is not answered yet. */
  #isRenewing = false;
  /** Its start takes as long as the machine needs. */
  #hasStarted = false;
  readonly #ended = Promise.withResolvers<readonly StillInForce[]>();
  #requestCount = 0;
  #isAlive = true;
  #isStopping = false;
  /** Null until the warden has answered its shutdown. */
  #stillInForce: readonly StillInForce[] | null = null;

  constructor(process_: ChildProcess, options: WardenOptions) {
    this.#process = process_;
    this.#options = options;
    this.#renewals = setInterval(() => this.#renew(), renewEveryMs);
    const lines = lineSplitter((line) => this.#handle(JSON.parse(line) as WardenEvent));
    process_.stdout?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
    // A warden that reads no more has ended: `close` reports it.
    process_.stdin?.on("error", () => {});
    process_.once("error", () => this.#handleEnd({ code: null, signal: null }));
    process_.once("close", (code, signal) => this.#handleEnd({ code, signal }));
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  /** The last start of that child, whoever started it; undefined before the first. */
  child(id: string): Child | undefined {
    return this.#children.get(id);
  }

  /** Sets the run's zero (Unix ms), from which an end that the warden writes counts. */
  begin(epochMs: number): void {
    this.#send({ op: "begin", epochMs });
  }

  /**
   * Resolves once the process exists; `ready` of the child says when it serves. Rejects with LabError `failed`
   * `spawn_failed`.
   */
  spawn(given: SpawnOptions): Promise<Child> {
    const options = this.#options.place?.placed(given) ?? given;
    const { id, command, args, variables, cwd = process.cwd(), log, proxy } = options;
    const env = childEnvironment(variables, options.env);
    if (id === wardenId || this.#children.get(id)?.isRunning === true) return Promise.reject(spawnFailed(options, `a child named "${id}" runs already`));
    this.#spawned.set(id, options);
    return this.#start(options, { op: "spawn", id, command, args, env, cwd, log, ...(proxy !== undefined && { proxy }) });
  }

  /**
   * Starts a child that was spawned before again, by the same command; one that runs is killed first. `argsBefore` are
   * put before its arguments: options of the program that runs a script, such as `--max-old-space-size=64`. Rejects as
   * `spawn` does.
   */
  respawn(id: string, argsBefore: readonly string[] = []): Promise<Child> {
    const options = this.#spawned.get(id);
    if (options === undefined) return Promise.reject(spawnFailed({ id, command: "?" }, "it was never spawned"));
    return this.#start(options, { op: "respawn", id, argsBefore });
  }

  /** Resolves when the warden holds the lease; inject the fault only then. `expiresInMs` is its dead-man limit. */
  async lease(id: string, lease: Lease, expiresInMs: number): Promise<void> {
    this.#leases.set(id, lease);
    await this.#request({ op: "lease", id, lease, expiresInMs });
  }

  /** The fault is undone: the warden drops its lease. */
  release(id: string): void {
    this.#leases.delete(id);
    this.#send({ op: "release", id });
  }

  /**
   * Undoes all that is leased, now. Resolves to what could not be undone; that stays leased, and shutdown tries it
   * again.
   */
  async undoAll(): Promise<readonly StillInForce[]> {
    const left = await this.#request({ op: "undo_all" });
    for (const id of this.#leases.keys()) if (!left.some((one) => one.id === id)) this.#leases.delete(id);
    return left;
  }

  /**
   * Undoes what is still leased, stops the children (SIGKILL after `graceMs`), ends the warden. Resolves to what could
   * not be undone. Harmless when called twice.
   */
  shutdown(graceMs: number = gracefulMs): Promise<readonly StillInForce[]> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#request({ op: "shutdown", graceMs }).then(
        (left) => (this.#stillInForce = left),
        // The warden ended without an answer: `#handleEnd` undoes what it held.
        () => {},
      );
    }
    return this.#ended.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** A warden that is silent, stopped for instance, is killed: `#handleEnd` takes over what it held. */
  #renew(): void {
    if (this.#silence.look() > (this.#hasStarted ? silentMsMax : startLimitMs)) this.#process.kill("SIGKILL");
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const answered = () => void (this.#isRenewing = false);
    this.#request({ op: "renew", ids: [...this.#leases.keys()] }).then(answered, answered);
  }

  #send(command: WardenCommand): void {
    if (this.#isAlive) this.#process.stdin?.write(encodeLine(command));
  }

  /** Rejects with `Refusal` when the warden could not do it, with LabError `warden_gone` when it has ended. */
  #request(command: WithoutRequest<Request>): Promise<readonly StillInForce[]> {
    if (!this.#isAlive) return Promise.reject(wardenGone());
    const request = this.#requestCount++;
    const answer = Promise.withResolvers<readonly StillInForce[]>();
    this.#requests.set(request, answer);
    this.#send({ ...command, request } as Request);
    return answer.promise;
  }

  async #start(options: SpawnOptions, command: WithoutRequest<Extract<Request, { op: "spawn" | "respawn" }>>): Promise<Child> {
    try {
      await this.#request(command);
    } catch (error) {
      throw error instanceof Refusal ? spawnFailed(options, error.message) : error;
    }
    // Its `spawned` came before the answer.
    return this.#children.get(options.id)!;
  }

  #handle(event: WardenEvent): void {
    this.#hasStarted = true;
    this.#silence.end();
    switch (event.event) {
      case "done":
        this.#requests.get(event.request)?.resolve(event.stillInForce);
        return void this.#requests.delete(event.request);
      case "failed":
        this.#requests.get(event.request)?.reject(new Refusal(event.reason));
        return void this.#requests.delete(event.request);
      case "spawned":
        return this.#handleSpawned(event.id, event.pid);
      case "line":
        return this.#children.get(event.id)?.handleLine(event.line);
      case "exit":
        return this.#handleExit(event);
      default:
        return this.#options.onTrouble(event);
    }
  }

  #handleSpawned(id: string, pid: number): void {
    const { log, onLine } = this.#spawned.get(id)!;
    const control = { input: (line: string) => this.#send({ op: "input", id, line }), stop: (graceMs: number) => this.#send({ op: "stop", id, graceMs }), signal: (signal: ChildSignal) => this.#signal(id, signal) };
    const child = new Child({ id, pid, log, control });
    if (onLine !== undefined) child.onLine(onLine);
    this.#children.set(id, child);
  }

  #handleExit({ id, code, signal, ordered }: Extract<WardenEvent, { event: "exit" }>): void {
    this.#children.get(id)?.handleExit({ code, signal, ordered });
    this.#options.onExit({ id, code, signal, ordered, log: this.#spawned.get(id)!.log });
  }

  async #signal(id: string, signal: ChildSignal): Promise<void> {
    try {
      await this.#request({ op: "signal", id, signal });
    } catch (error) {
      if (error instanceof Refusal) throw signalFailed(id, signal, error.message);
      throw error;
    }
  }

  /** A warden that was killed has left the children and the faults to the conductor. */
  #handleEnd(exit: Pick<Exit, "code" | "signal">): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    clearInterval(this.#renewals);
    for (const { reject } of this.#requests.values()) reject(wardenGone());
    for (const child of this.#children.values()) {
      if (!child.isRunning) continue;
      const { proxy } = this.#spawned.get(child.id)!;
      if (proxy === undefined) killGroup(child.pid);
      // What is dead already needs no signal.
      else runCommand(proxy.signals.SIGKILL).catch(() => {});
      child.handleExit({ code: null, signal: "SIGKILL", ordered: true });
    }
    if (!this.#isStopping) this.#options.onExit({ id: wardenId, ...exit, ordered: false, log: this.#options.log });
    this.#ended.resolve(this.#stillInForce === null ? undoHere(this.#leases) : this.#stillInForce);
  }
}

/** The children are dead: only what is undone by HTTP is left. */
async function undoHere(leases: ReadonlyMap<string, Lease>): Promise<readonly StillInForce[]> {
  const results = [...leases].map(async ([id, { description, steps }]) => {
    const reasons: string[] = [];
    for (const step of steps) {
      if (step.kind === "http") await undoByHttp(step).catch((error: unknown) => reasons.push(messageOf(error)));
    }
    return { id, description, reason: reasons.join("; ") };
  });
  return (await Promise.all(results)).filter(({ reason }) => reason !== "");
}

/** The warden could not do what was asked. */
class Refusal extends Error {}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: it has ended by itself.
  }
}

function spawnFailed({ id, command }: Pick<SpawnOptions, "id" | "command">, reason: string): LabError {
  return new LabError({
    exit: "failed",
    code: "spawn_failed",
    message: `Cannot start ${id} (${command}): ${reason}`,
    hint: "`npx blastlab doctor` shows what is installed and what would be used",
  });
}

function wardenGone(): LabError {
  return new LabError({
    exit: "failed",
    code: "warden_gone",
    message: "The warden, which owns the run's processes, has ended",
    hint: "Run again; a warden ends by itself only when the machine stalls for seconds or somebody kills it",
  });
}
