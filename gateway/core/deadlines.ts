import type { FailureKind } from "../../kernel/outcome.ts";
import type { Clock } from "../../kernel/seams.ts";
import type { DeadlineConfig } from "./config.ts";

export type ExpiredDeadline = Extract<FailureKind, "first_token_timeout" | "idle_timeout" | "total_timeout" | "throughput_timeout">;

/**
 * How long an attempt may take until its first content reaches the core: a stream's first token, a JSON answer's end.
 */
export function firstContentMs({ firstTokenMs, idleMs, wholeMs }: DeadlineConfig, isWhole: boolean): number {
  return isWhole ? (wholeMs ?? firstTokenMs + idleMs) : firstTokenMs;
}

interface NextDeadline {
  atMs: number;
  kind: ExpiredDeadline;
}

function consider(next: NextDeadline, atMs: number, kind: ExpiredDeadline): void {
  if (atMs >= next.atMs) return;
  next.atMs = atMs;
  next.kind = kind;
}

/** The virtual clock counts whole microseconds. */
const CLOCK_GRAIN_MS = 0.001;

/**
 * The deadlines of one attempt, except connect (the transport's own). First token and total always run. Idle and
 * throughput run only between `wait` and `pause`, while the core waits for upstream, never while a slow client reads.
 * A model that thinks aloud has begun to answer: from then on its first token has the thinking deadline, and idle runs
 * between its thoughts. There is one timer, which is moved only when it fires: a token costs no timer.
 */
export class DeadlineWatch {
  readonly #clock: Clock;
  readonly #deadlines: DeadlineConfig;
  readonly #totalAtMs: number;
  readonly #expire: (kind: ExpiredDeadline) => void;
  readonly #firstTokenAtMs: number;
  readonly #thinkingAtMs: number;
  readonly #nextDeadline: NextDeadline = { atMs: Infinity, kind: "total_timeout" };
  #timer: { atMs: number; cancel: () => void } | null = null;
  #stopped = false;
  /** Start of the current wait for upstream; null while paused. */
  #waitingSinceMs: number | null = null;
  /** Time waited since the last thought or content token, and since the first token, up to the current wait. */
  #idleMs = 0;
  #waitedMs = 0;
  #tokens = 0;
  /** Something of the answer has come: a thought, or content. */
  #hasBegun = false;

  /** `isWhole`: a JSON answer, whose tokens cannot be told apart. */
  constructor(clock: Clock, options: { deadlines: DeadlineConfig; totalAtMs: number; isWhole: boolean; expire: (kind: ExpiredDeadline) => void }) {
    this.#clock = clock;
    this.#deadlines = options.deadlines;
    this.#totalAtMs = options.totalAtMs;
    this.#expire = options.expire;
    this.#firstTokenAtMs = clock.nowMs() + firstContentMs(options.deadlines, options.isWhole);
    this.#thinkingAtMs = clock.nowMs() + options.deadlines.thinkingMs;
    this.#arm();
  }

  /** The core starts to wait for upstream. */
  wait(): void {
    this.#waitingSinceMs = this.#clock.nowMs();
    this.#arm();
  }

  /** Something arrived from upstream, content or not. */
  pause(): void {
    if (this.#waitingSinceMs === null) return;
    const spentMs = this.#clock.nowMs() - this.#waitingSinceMs;
    this.#waitingSinceMs = null;
    if (this.#hasBegun) this.#idleMs += spentMs;
    if (this.#tokens > 0) this.#waitedMs += spentMs;
  }

  contentTokens(count: number): void {
    this.#tokens += count;
    this.progress();
  }

  /** The model thinks aloud. */
  progress(): void {
    this.#hasBegun = true;
    this.#idleMs = 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    if (this.#stopped) return;
    const { atMs } = this.#next();
    if (atMs === Infinity) return;
    if (this.#timer !== null && this.#timer.atMs <= atMs) return;
    this.#timer?.cancel();
    this.#timer = { atMs, cancel: this.#clock.at(atMs, () => this.#fire()) };
  }

  #fire(): void {
    this.#timer = null;
    if (this.#stopped) return;
    const { atMs, kind } = this.#next();
    if (this.#clock.nowMs() + CLOCK_GRAIN_MS < atMs) {
      this.#arm();
      return;
    }
    this.stop();
    this.#expire(kind);
  }

  /** Each batch asks for it, so that it is one object, written anew. */
  #next(): Readonly<NextDeadline> {
    const next = this.#nextDeadline;
    next.atMs = this.#totalAtMs;
    next.kind = "total_timeout";
    if (this.#tokens === 0) consider(next, this.#hasBegun ? this.#thinkingAtMs : this.#firstTokenAtMs, "first_token_timeout");
    if (this.#waitingSinceMs === null) return next;
    if (this.#hasBegun) consider(next, this.#waitingSinceMs + this.#deadlines.idleMs - this.#idleMs, "idle_timeout");
    if (this.#tokens > 0) consider(next, this.#waitingSinceMs + this.#throughputLimitMs() - this.#waitedMs, "throughput_timeout");
    return next;
  }

  /** How long the core may wait for upstream in all, given the tokens that have arrived. */
  #throughputLimitMs(): number {
    const { tokensPerSecondMin, graceMs } = this.#deadlines.throughput;
    if (tokensPerSecondMin <= 0) return Infinity;
    return Math.max(graceMs, (this.#tokens * 1000) / tokensPerSecondMin + CLOCK_GRAIN_MS);
  }
}
