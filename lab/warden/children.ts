import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { messageOf } from "../../kernel/errors.ts";
import { lineSplitter } from "./lines.ts";
import type { WardenCommand, WardenEvent } from "./protocol.ts";

type SpawnCommand = Extract<WardenCommand, { op: "spawn" }>;

/**
 * The processes of a run. Each leads its own process group, so that Ctrl-C reaches the conductor alone and one signal reaches all that a child
 * has started. Each has a stdin pipe, which closes when the warden dies.
 */
export class Children {
  readonly #tell: (event: WardenEvent) => void;
  readonly #running = new Map<string, { process: ChildProcess; killTimer: NodeJS.Timeout | undefined }>();
  #drained: (() => void)[] = [];

  constructor(tell: (event: WardenEvent) => void) {
    this.#tell = tell;
  }

  /** Starts a child; tells `spawned`, then its lines, then `exit`; or `error` when it could not be started. */
  spawn(command: SpawnCommand): void {
    const { id, log } = command;
    let logFile: number | undefined;
    try {
      if (this.#running.has(id)) throw new Error(`a child named "${id}" runs already`);
      logFile = openSync(log, "a");
      const child = start(command, logFile);
      this.#running.set(id, { process: child, killTimer: undefined });
      this.#follow(id, child, logFile);
    } catch (error) {
      if (logFile !== undefined) closeSync(logFile);
      this.#tell({ event: "error", id, code: "spawn_failed", message: messageOf(error) });
    }
  }

  /** SIGTERM to the child's group now, SIGKILL after `graceMs`. Unknown or ended: nothing. */
  stop(id: string, graceMs: number): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    signalGroup(entry.process, "SIGTERM");
    clearTimeout(entry.killTimer);
    entry.killTimer = setTimeout(() => signalGroup(entry.process, "SIGKILL"), graceMs);
  }

  stopAll(graceMs: number): void {
    for (const id of this.#running.keys()) this.stop(id, graceMs);
  }

  killAll(): void {
    for (const { process: child } of this.#running.values()) signalGroup(child, "SIGKILL");
  }

  /** Resolves when no child is left. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running.size === 0) resolve();
      else this.#drained.push(resolve);
    });
  }

  #follow(id: string, child: ChildProcess, logFile: number): void {
    const lines = lineSplitter((line) => this.#tell({ event: "line", id, line }));
    const end = (event: WardenEvent) => {
      closeSync(logFile);
      this.#forget(id);
      this.#tell(event);
    };
    child.once("spawn", () => this.#tell({ event: "spawned", id, pid: child.pid ?? -1 }));
    child.stdin?.on("error", () => {});
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      writeSync(logFile, text);
      lines.push(text);
    });
    let startError = "";
    child.once("error", (error) => void (startError = error.message));
    child.once("exit", () => signalGroup(child, "SIGKILL"));
    // Comes once for each child, for one that could not be started too.
    child.once("close", (code, signal) => {
      lines.end();
      if (child.pid === undefined) end({ event: "error", id, code: "spawn_failed", message: startError });
      else end({ event: "exit", id, code, signal });
    });
  }

  #forget(id: string): void {
    clearTimeout(this.#running.get(id)?.killTimer);
    this.#running.delete(id);
    if (this.#running.size > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}

/** Throws for what the system refuses at once, such as arguments that are too long; other failures come as the child's `error`. */
function start({ command, args, env, cwd }: SpawnCommand, logFile: number): ChildProcess {
  return spawn(command, [...args], { cwd, env: { ...process.env, ...env }, detached: true, stdio: ["pipe", "pipe", logFile] });
}

/** To the whole group; after its leader's end, to whoever it left behind. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: nobody is left. EPERM: macOS says it of a zombie.
  }
}
