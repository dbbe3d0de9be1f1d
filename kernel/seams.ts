/** Everything of the outside world that a core may touch. The virtual ones have latency and faults too. */
import type { Signal } from "./signal.ts";

export type { Clock } from "./clock.ts";
export type { Rng } from "./rng.ts";
export type { Signal } from "./signal.ts";
export type { Transport } from "./transport.ts";

/**
 * Shared counters and values with a deadline on every call: a store that is slow is as bad as one that is down. All calls reject with
 * `StoreError` when it cannot answer by `deadlineMs` (on the clock's `nowMs` timeline).
 */
export interface Store {
  get(key: string, deadlineMs: number): Promise<string | null>;
  set(key: string, value: string, options: { ttlMs: number; deadlineMs: number }): Promise<void>;
  /** Atomically takes `amount` from the window's allowance if it fits; resolves to what is left, or null if it did not fit. */
  reserve(key: string, request: { amount: number; limit: number; windowMs: number; deadlineMs: number }): Promise<number | null>;
  /** Corrects an earlier reservation by `delta` (negative gives back). */
  settle(key: string, request: { delta: number; windowMs: number; deadlineMs: number }): Promise<void>;
}

export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Credentials by reference. Values never enter a config, a log, a trace or an error. */
export interface Secrets {
  /** Rejects when the reference is unknown. */
  read(reference: string, signal: Signal): Promise<string>;
}

/** The current configuration, and news of the next one. */
export interface ConfigSource<T> {
  current(): T;
  onChange(listener: (next: T) => void): () => void;
}

/** Where a core tells what happened; never blocks and never throws. */
export interface EventSink<T> {
  emit(event: T): void;
}
