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

/** What a canceller and its signal share. */
interface Cancellation {
  aborted: boolean;
  reason: unknown;
  readonly listeners: Set<(reason: unknown) => void>;
}

class CancellerSignal implements Signal {
  readonly #state: Cancellation;

  constructor(state: Cancellation) {
    this.#state = state;
  }

  get aborted(): boolean {
    return this.#state.aborted;
  }

  get reason(): unknown {
    return this.#state.reason;
  }

  onAbort(listener: (reason: unknown) => void): () => void {
    const { aborted, reason, listeners } = this.#state;
    if (aborted) {
      listener(reason);
      return nothing;
    }
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }
}

const nothing = () => {};

/** The owner's side of a `Signal`. */
export class Canceller {
  readonly #state: Cancellation = { aborted: false, reason: undefined, listeners: new Set() };
  readonly signal: Signal = new CancellerSignal(this.#state);

  /** With a `parent`, this is cancelled when the parent is; call `dispose` when done, or the parent keeps a listener. */
  readonly #detach: () => void;

  constructor(parent?: Signal) {
    this.#detach = parent?.onAbort((cause) => this.cancel(cause)) ?? nothing;
  }

  cancel(reason: unknown): void {
    if (this.#state.aborted) return;
    this.#state.aborted = true;
    this.#state.reason = reason;
    this.#detach?.();
    const listeners = [...this.#state.listeners];
    this.#state.listeners.clear();
    for (const listener of listeners) listener(reason);
  }

  /** Number of live subscriptions: a leak test reads it. */
  get listenerCount(): number {
    return this.#state.listeners.size;
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
