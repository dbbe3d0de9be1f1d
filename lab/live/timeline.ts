import { liveClock } from "../../kernel/clock-live.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { FaultRecord } from "../../kernel/records.ts";

/**
 * The run's clock. Its zero is set once everything is up: until then it counts from the start of the processes, and
 * nothing on the plan's timeline may wait for it.
 */
export class Timeline implements Clock {
  /** Unix ms. */
  readonly startedMs: number;
  #clock: Clock;
  #zeroMs: number;

  constructor(startedMs: number = Math.floor(Date.now())) {
    this.startedMs = startedMs;
    this.#zeroMs = startedMs;
    this.#clock = liveClock(startedMs);
  }

  /** Sets the zero, Unix ms. */
  begin(epochMs: number): void {
    this.#zeroMs = epochMs;
    this.#clock = liveClock(epochMs);
  }

  /** A record from before the zero was set, in the time that counts from it. */
  shifted(record: FaultRecord): FaultRecord {
    const byMs = this.#zeroMs - this.startedMs;
    const { begunMs, atMs } = record;
    return { ...record, atMs: atMs - byMs, ...(begunMs === undefined ? {} : { begunMs: begunMs - byMs }) };
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  at(atMs: number, fn: () => void): () => void {
    return this.#clock.at(atMs, fn);
  }

  sleep(...parameters: Parameters<Clock["sleep"]>): Promise<void> {
    return this.#clock.sleep(...parameters);
  }
}
