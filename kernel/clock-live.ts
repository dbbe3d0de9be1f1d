import { performance } from "node:perf_hooks";
import { sleepOn, type Clock } from "./clock.ts";

const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/**
 * Real time. `nowMs` counts from `originWallMs` (Unix ms), so that all processes of a run share one timeline. `wallMs`
 * follows the machine's clock when that is set right under a running process; `nowMs` does not.
 */
export function liveClock(originWallMs: number = performance.timeOrigin): Clock {
  const offsetMs = performance.timeOrigin - originWallMs;
  const nowMs = () => performance.now() + offsetMs;
  const after = (ms: number, fn: () => void) => {
    if (ms <= 0) return nextTurn(fn);
    const timer = setTimeout(fn, Math.min(ms, TIMEOUT_MS_MAX));
    return () => clearTimeout(timer);
  };
  return {
    nowMs,
    wallMs: () => Date.now(),
    at: (atMs, fn) => after(atMs - nowMs(), fn),
    sleep: (ms, signal) => sleepOn(after, ms, signal),
  };
}

/** After what the sockets have brought. A timer of 0 ms waits for a whole one. */
function nextTurn(fn: () => void): () => void {
  const immediate = setImmediate(fn);
  return () => clearImmediate(immediate);
}
