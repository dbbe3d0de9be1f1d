import { Canceller, neverSignal, type Signal } from "../../kernel/signal.ts";

/**
 * What ends a run before its time, for what takes an `AbortSignal` and for the pure parts: Ctrl-C, SIGTERM, and a
 * person at the live page.
 */
export interface Interrupt {
  readonly signal: AbortSignal;
  readonly cancelled: Signal;
  /** In words, for the record of the run: `Ctrl-C`. */
  readonly how: string;
}

/**
 * Only the conductor handles signals: its children are in sessions of their own. `asked` is cancelled, with words for
 * its reason, by whoever else may end the run.
 */
export function listenForInterrupt(asked: Signal = neverSignal): Disposable & Interrupt {
  const controller = new AbortController();
  const canceller = new Canceller();
  let how = "Ctrl-C";
  const interrupt = (name: string) => {
    controller.abort(name);
    canceller.cancel(name);
  };
  const detach = asked.onAbort((words) => {
    if (!controller.signal.aborted) how = String(words);
    interrupt(how);
  });
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.on("SIGHUP", interrupt);
  return {
    signal: controller.signal,
    cancelled: canceller.signal,
    get how() {
      return how;
    },
    [Symbol.dispose]() {
      detach();
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
      process.off("SIGHUP", interrupt);
    },
  };
}

/** Rejects with `Interrupted` on Ctrl-C, else settles as `promise` does. */
export async function unlessInterrupted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw new Interrupted();
  const interrupted = Promise.withResolvers<never>();
  const onAbort = () => interrupted.reject(new Interrupted());
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, interrupted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Ctrl-C, or a signal that asks the process to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("Interrupted");
  }
}
