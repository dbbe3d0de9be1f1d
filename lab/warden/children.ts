import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { messageOf } from "../../kernel/errors.ts";
import type { StillInForce } from "../../kernel/records.ts";
import { lineSplitter } from "./lines.ts";
import { runCommand } from "./run-command.ts";
import type { ChildProxy, ChildSignal, WardenCommand, WardenEvent } from "./protocol.ts";

type SpawnCommand = Pick<Extract<WardenCommand, { op: "spawn" }>, "id" | "command" | "args" | "env" | "cwd" | "log" | "proxy">;

/** A process that left the group may hold a dead child's stdout open: the rest of it is given up after this. */
const stdoutAfterExitMs = 500;

/** One start of a child. */
interface Running {
  readonly process: ChildProcess;
  readonly argsBefore: readonly string[];
  readonly proxy: ChildProxy | null;
  readonly closed: Promise<void>;
  isStopped: boolean;
  ordered: boolean;
  killTimer: NodeJS.Timeout | undefined;
}

/**
 * The processes of a run. Each leads its own process group, so that Ctrl-C reaches the conductor alone and one signal
 * reaches all that a child has started. Each has a stdin pipe, which closes when the warden dies.
 */
export class Children {
  readonly #emit: (event: WardenEvent) => void;
  /** By id, of every child that was ever started: a respawn takes the same one. */
  readonly #commands = new Map<string, SpawnCommand>();
  readonly #running = new Map<string, Running>();
  #isClosing = false;

  constructor(emit: (event: WardenEvent) => void) {
    this.#emit = emit;
  }

  /** Starts a child; emits `spawned`, then its lines, then `exit`. Rejects when it cannot be started. */
  async spawn(command: SpawnCommand): Promise<void> {
    const { id } = command;
    if (this.#running.has(id)) throw new Error(`a child named "${id}" runs already`);
    await this.#start(command, []);
    this.#commands.set(id, command);
  }

  /** Kills the child if it runs; then starts it by its first command, with `argsBefore` put before the arguments. */
  async respawn(id: string, argsBefore: readonly string[]): Promise<void> {
    const command = this.#commands.get(id);
    if (command === undefined) throw new Error(`there was no child named "${id}"`);
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.ordered = true;
      void this.#signalChild(id, running, "SIGKILL");
      await running.closed;
    }
    await this.#start(command, argsBefore);
  }

  /** The child runs by its first command afterwards; one that does so already is left alone. */
  async restore(id: string): Promise<void> {
    if (this.#running.get(id)?.argsBefore.length !== 0) await this.respawn(id, []);
  }

  /** To the child's whole group. Rejects when the child does not run or cannot be signalled. */
  async signal(id: string, signal: ChildSignal): Promise<void> {
    const running = this.#running.get(id);
    if (running === undefined) throw new Error(`no child named "${id}" runs`);
    if (signal === "SIGTERM" || signal === "SIGKILL") running.ordered = true;
    if (running.proxy === null) process.kill(-running.process.pid!, signal);
    else await runCommand(running.proxy.signals[signal]);
    running.isStopped = signal === "SIGSTOP";
  }

  input(id: string, line: string): void {
    this.#running.get(id)?.process.stdin?.write(`${line}\n`);
  }

  /** SIGCONT to a child that runs, and nothing to one that has ended. */
  async resume(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (running !== undefined && (running.proxy === null || running.isStopped)) await this.signal(id, "SIGCONT");
  }

  /**
   * SIGTERM to the child's group now, with SIGCONT for one that is stopped; SIGKILL after `graceMs`. Unknown or ended:
   * nothing.
   */
  stop(id: string, graceMs: number): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.ordered = true;
    void this.#signalChild(id, running, "SIGTERM").then(() => this.#signalChild(id, running, "SIGCONT"));
    clearTimeout(running.killTimer);
    running.killTimer = setTimeout(() => void this.#signalChild(id, running, "SIGKILL"), graceMs);
  }

  /** Starts no more children, and lets stopped ones run on. */
  close(): void {
    this.#isClosing = true;
    for (const [id, running] of this.#running) void this.#signalChild(id, running, "SIGCONT");
  }

  /** Resolves when every signal is sent. */
  async killAll(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(
      [...this.#running].map(([id, running]) => {
        running.ordered = true;
        return this.#signalChild(id, running, "SIGKILL");
      }),
    );
  }

  /** Stops all. Resolves when no child is left, or to those that did not end within `limitMs` after SIGKILL. */
  async stopAll(graceMs: number, limitMs: number): Promise<readonly StillInForce[]> {
    this.#isClosing = true;
    const closed = [...this.#running.values()].map((running) => running.closed);
    for (const id of this.#running.keys()) this.stop(id, graceMs);
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, graceMs + limitMs);
    await Promise.race([Promise.all(closed), limit.promise]);
    clearTimeout(timer);
    return [...this.#running].map(([id, { process: child }]) => ({ id, description: `process "${id}" (pid ${child.pid})`, reason: "it did not end after SIGKILL" }));
  }

  async #start(command: SpawnCommand, argsBefore: readonly string[]): Promise<void> {
    if (this.#isClosing) throw new Error("the run is being stopped");
    const { id, log } = command;
    const logFile = openSync(log, "a");
    try {
      const child = startProcess(command, argsBefore, logFile);
      await this.#follow(id, child, { argsBefore, logFile, proxy: command.proxy ?? null });
    } catch (error) {
      closeSync(logFile);
      throw error;
    }
  }

  /** Resolves when the child has started. Rejects when it has not; then the log file is still open. */
  #follow(id: string, child: ChildProcess, { argsBefore, logFile, proxy }: { argsBefore: readonly string[]; logFile: number; proxy: ChildProxy | null }): Promise<void> {
    const started = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const running: Running = { process: child, argsBefore, proxy, isStopped: false, closed: closed.promise, ordered: false, killTimer: undefined };
    this.#running.set(id, running);
    const lines = lineSplitter((line) => this.#emit({ event: "line", id, line }));
    child.once("spawn", () => {
      this.#emit({ event: "spawned", id, pid: child.pid ?? -1 });
      started.resolve();
    });
    // One that reads no more ends soon.
    child.stdin?.on("error", () => {});
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      writeSync(logFile, text);
      lines.push(text);
    });
    let startError = "";
    child.once("error", (error) => void (startError = error.message));
    child.once("exit", () => {
      this.#signalGroup(id, child, "SIGKILL");
      // Timers run before input: what the child wrote is read first.
      setTimeout(() => setImmediate(() => child.stdout?.destroy()), stdoutAfterExitMs).unref();
    });
    // Comes once for each child, for one that could not be started too.
    child.once("close", (code, signal) => {
      lines.end();
      clearTimeout(running.killTimer);
      this.#running.delete(id);
      if (child.pid === undefined) started.reject(new Error(startError));
      else {
        closeSync(logFile);
        this.#emit({ event: "exit", id, code, signal, ordered: running.ordered });
      }
      closed.resolve();
    });
    return started.promise;
  }

  /**
   * By its command where there is one; a process that is not stopped needs no SIGCONT then. Resolves when it is sent;
   * reports a failure.
   */
  async #signalChild(id: string, running: Running, signal: ChildSignal): Promise<void> {
    const { process: child, proxy, isStopped } = running;
    if (proxy === null) return this.#signalGroup(id, child, signal);
    if (signal === "SIGCONT" && !isStopped) return;
    try {
      await runCommand(proxy.signals[signal]);
      running.isStopped = false;
    } catch (error) {
      // It may have ended meanwhile.
      if (this.#running.get(id) === running && signal !== "SIGCONT") this.#emit({ event: "signal_failed", id, description: `${signal} to "${id}"`, reason: messageOf(error) });
    }
  }

  /** To the whole group; after its leader's end, to whoever it left behind. */
  #signalGroup(id: string, child: ChildProcess, signal: ChildSignal): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // ESRCH: nobody is left. macOS answers EPERM for a zombie.
      if (code === "ESRCH" || (code === "EPERM" && process.platform === "darwin")) return;
      this.#emit({ event: "signal_failed", id, description: `${signal} to process "${id}" (pid ${child.pid})`, reason: messageOf(error) });
    }
  }
}

/**
 * Throws for what the system refuses at once, such as arguments that are too long; other failures come as the child's
 * `error`.
 */
function startProcess({ command, args, env, cwd, proxy }: SpawnCommand, argsBefore: readonly string[], logFile: number): ChildProcess {
  return spawn(command, args.toSpliced(proxy?.argsBeforeAt ?? 0, 0, ...argsBefore), { cwd, env, detached: true, stdio: ["pipe", "pipe", logFile] });
}
