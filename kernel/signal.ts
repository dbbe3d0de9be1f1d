/**
 * Cancellation that the pure cores can use: no `AbortController` exists there. Rims adapt `AbortSignal` both ways.
 * Listeners run synchronously, in the order in which they subscribed, in the turn that cancels.
 */
export interface Signal {
  readonly aborted: boolean;
  /** What was passed to `cancel`; undefined until then. */
  readonly reason: unknown;
  /**
   * Calls `listener` once on cancel (at once, if that has happened). Returns the unsubscribe; calling it twice is
   * harmless.
   */
  onAbort(listener: (reason: unknown) => void): () => void;
}

/** A listener in a ring whose first member is the cancellation itself. One out of the ring has no neighbours. */
interface Subscription {
  previous: Subscription | null;
  next: Subscription | null;
}

class Listener implements Subscription {
  readonly call: (reason: unknown) => void;
  previous: Subscription | null;
  next: Subscription | null;

  constructor(call: (reason: unknown) => void, previous: Subscription, next: Subscription) {
    this.call = call;
    this.previous = previous;
    this.next = next;
  }
}

/**
 * What a canceller and its signal share. Each wait subscribes and unsubscribes, for which a ring is cheaper than a set.
 */
class Cancellation implements Subscription {
  aborted = false;
  reason: unknown = undefined;
  previous: Subscription = this;
  next: Subscription = this;

  add(call: (reason: unknown) => void): Listener {
    const listener = new Listener(call, this.previous, this);
    this.previous.next = listener;
    this.previous = listener;
    return listener;
  }

  /** Takes all listeners out of the ring. */
  takeAll(): readonly Listener[] {
    const all = [...this.listeners()];
    for (const listener of all) remove(listener);
    return all;
  }

  *listeners(): Generator<Listener> {
    for (let one = this.next; one instanceof Listener; one = one.next!) yield one;
  }
}

/** Harmless where it was removed before. */
function remove(listener: Listener): void {
  const { previous, next } = listener;
  if (previous === null || next === null) return;
  previous.next = next;
  next.previous = previous;
  listener.previous = null;
  listener.next = null;
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
    if (this.#state.aborted) {
      listener(this.#state.reason);
      return nothing;
    }
    const added = this.#state.add(listener);
    return () => remove(added);
  }
}

const nothing = () => {};

/** The owner's side of a `Signal`. */
export class Canceller {
  readonly #state = new Cancellation();
  readonly signal: Signal = new CancellerSignal(this.#state);

  /**
   * With a `parent`, this is cancelled when the parent is; call `dispose` when done, or the parent keeps a listener.
   */
  readonly #detach: () => void;

  constructor(parent?: Signal) {
    this.#detach = parent?.onAbort((cause) => this.cancel(cause)) ?? nothing;
  }

  cancel(reason: unknown): void {
    if (this.#state.aborted) return;
    this.#state.aborted = true;
    this.#state.reason = reason;
    this.#detach?.();
    for (const listener of this.#state.takeAll()) listener.call(reason);
  }

  /** Number of live subscriptions: a leak test reads it. */
  get listenerCount(): number {
    return [...this.#state.listeners()].length;
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
 * Settles as `promise` does, or rejects with `Cancelled` when `signal` is cancelled first. The loser's later rejection
 * is swallowed: its owner must cancel it by its own signal.
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
