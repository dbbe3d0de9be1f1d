import type { Clock, Signal } from "../../kernel/seams.ts";
import { liveClock } from "../../kernel/clock-live.ts";

/** Year 2100, Unix ms: a timeline with this origin is before zero for as long as a lab lives. */
const stoppedOriginMs = 4_102_444_800_000;

/** Real time whose zero is set later: `nowMs` is far below zero until `begin`, and jumps to the run's timeline there. Waits go on as they were. */
export class TimelineClock implements Clock {
  #clock = liveClock(stoppedOriginMs);
  #begunAtMs: number | null = null;

  /** Sets time zero, Unix ms; it may lie in the future. */
  begin(epochMs: number): void {
    this.#clock = liveClock(epochMs);
    this.#begunAtMs = this.#clock.nowMs();
  }

  /** Whether a moment of `nowMs` is one of the run's timeline, and not of the time before `begin`. */
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
