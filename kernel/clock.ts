import { Cancelled, type Signal } from "./signal.ts";

/**
 * The only source of time in the cores. `nowMs` is monotonic and may be fractional; `wallMs` is Unix time in ms.
 */
export interface Clock {
  nowMs(): number;
  wallMs(): number;
  /**
   * Resolves `ms` later (at once, one turn later, for ms <= 0); rejects with `Cancelled` if the signal is cancelled
   * first.
   */
  sleep(ms: number, signal?: Signal): Promise<void>;
  /** Calls `fn` when `nowMs()` reaches `atMs`. Returns the cancel; calling it late or twice is harmless. */
  at(atMs: number, fn: () => void): () => void;
}

/** `sleep` in terms of a one-shot timer; shared by both clocks. */
export function sleepOn(after: (ms: number, fn: () => void) => () => void, ms: number, signal?: Signal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new Cancelled(signal.reason));
      return;
    }
    let unsubscribe: (() => void) | undefined;
    const cancelTimer = after(ms, () => {
      unsubscribe?.();
      resolve();
    });
    unsubscribe = signal?.onAbort((reason) => {
      cancelTimer();
      reject(new Cancelled(reason));
    });
  });
}
