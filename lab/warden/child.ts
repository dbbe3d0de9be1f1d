import { readFileSync } from "node:fs";
import { LabError } from "../../kernel/errors.ts";

/** A child's line of readiness (docs/ARCHITECTURE.md). */
export interface ReadyLine {
  readonly ready: true;
  /** Where it serves; empty for a child that serves nothing. */
  readonly url: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

const logLinesShown = 3;

/** One process of a run, as the conductor sees it. Made by `startWarden().spawn`. */
export class Child {
  readonly id: string;
  readonly pid: number;
  readonly log: string;
  /** Settles when the child has ended and all its lines have been heard; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #stop: (graceMs: number) => void;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #readiness = Promise.withResolvers<ReadyLine>();
  readonly #exit = Promise.withResolvers<Exit>();

  constructor(options: { id: string; pid: number; log: string; stop: (graceMs: number) => void }) {
    this.id = options.id;
    this.pid = options.pid;
    this.log = options.log;
    this.#stop = options.stop;
    this.exited = this.#exit.promise;
    this.#readiness.promise.catch(() => {});
  }

  /** Its first `{"ready":…}` line. Rejects with LabError `failed`: the child's own code, or `child_died`, `child_not_ready`. */
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

  /** SIGTERM to its group, SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<Exit> {
    this.#stop(graceMs);
    return this.exited;
  }

  /** For the warden's client alone. */
  hearLine(line: string): void {
    const ready = readyLine(line);
    if (ready?.ready === true) this.#readiness.resolve({ ready: true, url: ready.url ?? "" });
    else if (ready?.ready === false) this.#readiness.reject(startError(this.id, ready, this.log));
    for (const listener of this.#listeners) listener(line);
  }

  /** For the warden's client alone. */
  hearExit(exit: Exit): void {
    const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`;
    this.#readiness.reject(
      new LabError({
        exit: "failed",
        code: "child_died",
        message: `Cannot start ${this.id}: it ended ${how} before it was ready${this.#lastWords()}`,
        hint: `Read ${this.log}`,
      }),
    );
    this.#exit.resolve(exit);
  }

  #notReady(timeoutMs: number): LabError {
    return new LabError({
      exit: "failed",
      code: "child_not_ready",
      message: `Cannot start ${this.id}: it was not ready within ${timeoutMs} ms${this.#lastWords()}`,
      hint: `Read ${this.log}; a machine that is busy with other work may be too slow for a live run`,
    });
  }

  #lastWords(): string {
    const lines = lastLines(this.log, logLinesShown);
    return lines.length === 0 ? "" : `; its log ends: ${lines.map((line) => line.trim()).join(" | ")}`;
  }
}

interface StartLine {
  readonly ready: boolean;
  readonly url?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

/** Null for a line that says nothing of readiness. */
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

/** The last lines of a file that are not blank; none if it cannot be read. */
function lastLines(file: string, count: number): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter((line) => line.trim() !== "").slice(-count);
  } catch {
    return [];
  }
}
