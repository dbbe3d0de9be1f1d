import { setTimeout as sleep } from "node:timers/promises";

/** True when the time has come, false when it was called off first. */
export async function until(atMs: number, nowMs: () => number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(Math.max(0, atMs - nowMs()), undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
