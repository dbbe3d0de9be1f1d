import type { Clock } from "./clock.ts";

export interface SkewedClock extends Clock {
  readonly offsetMs: number;
  skew(offsetMs: number): void;
}

/**
 * A clock whose wall time can be set wrong while it runs, as when an operator or a time server steps the system clock.
 * Only `wallMs` moves. `nowMs` and timers are monotonic, and a step of the system clock does not affect those (POSIX,
 * CLOCK_REALTIME against CLOCK_MONOTONIC).
 */
export function skewedClock(clock: Clock): SkewedClock {
  let offset = 0;
  return {
    get offsetMs() {
      return offset;
    },
    skew: (offsetMs) => void (offset = offsetMs),
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs() + offset,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    at: (atMs, fn) => clock.at(atMs, fn),
  };
}
