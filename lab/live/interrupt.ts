import { Canceller, type Signal } from "../../kernel/signal.ts";

/** Ctrl-C and SIGTERM, for what takes an `AbortSignal` and for the pure parts. */
export interface Interrupt {
  readonly signal: AbortSignal;
  readonly cancelled: Signal;
}

/** Only the conductor handles them: its children are in sessions of their own. */
export function listenForInterrupt(): Disposable & Interrupt {
  const controller = new AbortController();
  const canceller = new Canceller();
  const interrupt = (name: NodeJS.Signals) => {
    controller.abort(name);
    canceller.cancel(name);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.on("SIGHUP", interrupt);
  return {
    signal: controller.signal,
    cancelled: canceller.signal,
    [Symbol.dispose]() {
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
