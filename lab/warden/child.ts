import { LabError } from "../../kernel/errors.ts";
import { logEnd } from "./log-end.ts";
import type { ChildSignal } from "./protocol.ts";

/** A child's line of readiness (docs/ARCHITECTURE.md). */
export interface ReadyLine {
  readonly ready: true;
  /** Where it serves; empty for a child that serves nothing. */
  readonly url: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The lab ended it. */
  readonly ordered: boolean;
}

/** `exit code 7`, `SIGKILL`. */
export const describeExit = ({ code, signal }: Pick<Exit, "code" | "signal">): string => signal ?? `exit code ${code}`;

/** How a child is reached through the warden. */
export interface ChildControl {
  input(line: string): void;
  stop(graceMs: number): void;
  signal(signal: ChildSignal): Promise<void>;
}

const logLinesShown = 3;

/** One start of one process of a run, as the conductor sees it. Made by `Warden.spawn` and `Warden.respawn`. */
export class Child {
  readonly id: string;
  readonly pid: number;
  readonly log: string;
  /** Settles when the child has ended and all its lines have been handled; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #control: ChildControl;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #readiness = Promise.withResolvers<ReadyLine>();
  readonly #exit = Promise.withResolvers<Exit>();
  #isRunning = true;

  constructor(options: { id: string; pid: number; log: string; control: ChildControl }) {
    this.id = options.id;
    this.pid = options.pid;
    this.log = options.log;
    this.#control = options.control;
    this.exited = this.#exit.promise;
    // Nobody may wait for its readiness.
    this.#readiness.promise.catch(() => {});
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Its first `{"ready":…}` line. Rejects with LabError `failed`: the child's own code, or `child_died`,
   * `child_not_ready`.
   */
  async ready(timeoutMs: number): Promise<ReadyLine> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(this.#notReady(timeoutMs)), timeoutMs);
    try {
      return await Promise.race([this.#readiness.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Each line of its stdout from now on. Returns the unsubscribe. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Writes a line to its stdin. One that has ended gets nothing. */
  input(line: object): void {
    if (this.#isRunning) this.#control.input(JSON.stringify(line));
  }

  /** SIGTERM to its group, with SIGCONT if it is stopped; SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<Exit> {
    if (this.#isRunning) this.#control.stop(graceMs);
    return this.exited;
  }

  /**
   * To its whole group. Resolves when it is sent. Rejects with LabError `failed` `signal_failed`, also for a child that
   * has ended.
   */
  signal(signal: ChildSignal): Promise<void> {
    // Under the same id, another start may run by now.
    return this.#isRunning ? this.#control.signal(signal) : Promise.reject(signalFailed(this.id, signal, "it has ended"));
  }

  /** SIGKILL to its group; resolves when it has ended. */
  async kill(): Promise<Exit> {
    await this.signal("SIGKILL");
    return this.exited;
  }

  /** For the warden's client alone. */
  handleLine(line: string): void {
    const ready = readyLine(line);
    if (ready?.ready === true) this.#readiness.resolve({ ready: true, url: ready.url ?? "" });
    else if (ready?.ready === false) this.#readiness.reject(startError(this.id, ready, this.log));
    for (const listener of this.#listeners) listener(line);
  }

  /** For the warden's client alone. */
  handleExit(exit: Exit): void {
    this.#isRunning = false;
    const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`;
    this.#readiness.reject(
      new LabError({
        exit: "failed",
        code: "child_died",
        message: `Cannot start ${this.id}: it ended ${how} before it was ready${this.#logEnd()}`,
        hint: `Read ${this.log}`,
      }),
    );
    this.#exit.resolve(exit);
  }

  #notReady(timeoutMs: number): LabError {
    return new LabError({
      exit: "failed",
      code: "child_not_ready",
      message: `Cannot start ${this.id}: it was not ready within ${timeoutMs} ms${this.#logEnd()}`,
      hint: `Read ${this.log}; a machine that is busy with other work may be too slow for a live run`,
    });
  }

  #logEnd(): string {
    const lines = logEnd(this.log, logLinesShown);
    return lines.length === 0 ? "" : `; its log ends: ${lines.map((line) => line.trim()).join(" | ")}`;
  }
}

export function signalFailed(id: string, signal: ChildSignal, reason: string): LabError {
  return new LabError({ exit: "failed", code: "signal_failed", message: `Cannot send ${signal} to ${id}: ${reason}`, hint: `Read the log of ${id} in the run directory` });
}

interface StartLine {
  readonly ready: boolean;
  readonly url?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

/** Null for a line that is not about readiness. */
function readyLine(line: string): StartLine | null {
  if (!line.startsWith("{")) return null;
  try {
    const parsed = JSON.parse(line) as Partial<StartLine>;
    return typeof parsed.ready === "boolean" ? (parsed as StartLine) : null;
  } catch {
    return null;
  }
}

function startError(id: string, line: StartLine, log: string): LabError {
  return new LabError({
    exit: "failed",
    code: line.code ?? "child_not_ready",
    message: `Cannot start ${id}: ${line.message ?? "it gave no reason"}`,
    hint: line.hint ?? `Read ${log}`,
  });
}
