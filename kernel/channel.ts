import { orAborted, type Signal, neverSignal } from "./signal.ts";

/**
 * A bounded queue between two tasks. `push` waits for room (backpressure), `shift` for an item; both wake in order of arrival.
 * `close` lets what is queued be read and then ends; `fail` drops what is queued and throws at both ends.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  #items: T[] = [];
  #ended: "open" | "closed" | { error: unknown } = "open";
  #waiters: (() => void)[] = [];

  constructor(capacity = 1) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  get ended(): boolean {
    return this.#ended !== "open";
  }

  /** Queues the item; resolves false if the channel had been closed (the item is dropped). */
  async push(item: T, signal: Signal = neverSignal): Promise<boolean> {
    while (this.#ended === "open" && this.#items.length >= this.#capacity) await this.#changed(signal);
    this.#throwIfFailed();
    if (this.#ended !== "open") return false;
    this.#items.push(item);
    this.#wake();
    return true;
  }

  /** The next item, or undefined at the end. */
  async shift(signal: Signal = neverSignal): Promise<T | undefined> {
    while (this.#items.length === 0 && this.#ended === "open") await this.#changed(signal);
    this.#throwIfFailed();
    const item = this.#items.shift();
    this.#wake();
    return item;
  }

  close(): void {
    if (this.#ended !== "open") return;
    this.#ended = "closed";
    this.#wake();
  }

  fail(error: unknown): void {
    if (typeof this.#ended === "object") return;
    this.#items = [];
    this.#ended = { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = await this.shift();
      if (item === undefined) return;
      yield item;
    }
  }

  #throwIfFailed(): void {
    if (typeof this.#ended === "object") throw this.#ended.error;
  }

  #changed(signal: Signal): Promise<void> {
    return orAborted(new Promise<void>((resolve) => this.#waiters.push(resolve)), signal);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
