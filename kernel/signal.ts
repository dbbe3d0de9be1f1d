/**
 * Cancellation that the pure cores can use: no `AbortController` exists there. Rims adapt `AbortSignal` both ways.
 * Listeners run synchronously, in the order in which they subscribed, in the turn that cancels.
 */
export interface Signal {
  readonly aborted: boolean;
  /** What was passed to `cancel`; undefined until then. */
  readonly reason: unknown;
  /** Calls `listener` once on cancel (at once, if that has happened). Returns the unsubscribe; calling it twice is harmless. */
  onAbort(listener: (reason: unknown) => void): () => void;
}

/** The owner's side of a `Signal`. */
export class Canceller {
  #aborted = false;
  #reason: unknown = undefined;
  readonly #listeners = new Set<(reason: unknown) => void>();
  readonly signal: Signal;

  /** With a `parent`, this is cancelled when the parent is; call `dispose` when done, or the parent keeps a listener. */
  readonly #detach: () => void;

  constructor(parent?: Signal) {
    const aborted = () => this.#aborted;
    const reason = () => this.#reason;
    this.signal = {
      get aborted() {
        return aborted();
      },
      get reason() {
        return reason();
      },
      onAbort: (listener) => this.#subscribe(listener),
    };
    this.#detach = parent?.onAbort((cause) => this.cancel(cause)) ?? (() => {});
  }

  #subscribe(listener: (reason: unknown) => void): () => void {
    if (this.#aborted) {
      listener(this.#reason);
      return () => {};
    }
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  cancel(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#detach?.();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(reason);
  }

  /** Number of live subscriptions: a leak test reads it. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  dispose(): void {
    this.#detach();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A signal that is never cancelled. */
export const neverSignal: Signal = { aborted: false, reason: undefined, onAbort: () => () => {} };

/** Thrown by whatever was waiting when its signal was cancelled. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
  readonly reason: unknown;
  constructor(reason: unknown) {
    super(`Cancelled: ${reason instanceof Error ? reason.message : String(reason)}`);
    this.reason = reason;
  }
}

/** Throws `Cancelled` if the signal has been cancelled. */
export function throwIfAborted(signal: Signal): void {
  if (signal.aborted) throw new Cancelled(signal.reason);
}

/**
 * Settles as `promise` does, or rejects with `Cancelled` when `signal` is cancelled first. The loser's later rejection is
 * swallowed: its owner must cancel it by its own signal.
 */
export function orAborted<T>(promise: Promise<T>, signal: Signal): Promise<T> {
  if (signal === neverSignal) return promise;
  return new Promise<T>((resolve, reject) => {
    const unsubscribe = signal.onAbort((reason) => reject(new Cancelled(reason)));
    promise.then(
      (value) => {
        unsubscribe();
        resolve(value);
      },
      (error: unknown) => {
        unsubscribe();
        reject(error as Error);
      },
    );
  });
}
