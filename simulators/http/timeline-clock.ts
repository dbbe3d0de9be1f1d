import type { Clock, Signal } from "../../kernel/seams.ts";
import { liveClock } from "../../kernel/clock-live.ts";

/** Year 2100, Unix ms: the origin before `begin`, so that every time is far below zero. */
const stoppedOriginMs = 4_102_444_800_000;

/**
 * Real time with a zero that is set later: `nowMs` is far below zero until `begin`, and is on the run's timeline after
 * it. Waits are not affected.
 */
export class TimelineClock implements Clock {
  #clock = liveClock(stoppedOriginMs);
  #begunAtMs: number | null = null;

  /** Sets time zero, Unix ms. It may be in the future. */
  begin(epochMs: number): void {
    this.#clock = liveClock(epochMs);
    this.#begunAtMs = this.#clock.nowMs();
  }

  /** Whether a value of `nowMs` is on the run's timeline, and not from before `begin`. */
  covers(atMs: number): boolean {
    return this.#begunAtMs !== null && atMs >= this.#begunAtMs;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  sleep(ms: number, signal?: Signal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  at(atMs: number, fn: () => void): () => void {
    return this.#clock.at(atMs, fn);
  }
}
