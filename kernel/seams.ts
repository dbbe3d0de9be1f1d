/** Everything of the outside world that a core may use. The virtual ones have latency and faults too. */
import type { Signal } from "./signal.ts";

export type { Clock } from "./clock.ts";
export type { Rng } from "./rng.ts";
export type { Signal } from "./signal.ts";
export type { Transport } from "./transport.ts";

/**
 * Shared counters and values with a deadline on every call: a store that is slow is as bad as one that is down. All
 * calls reject with `StoreError` when it cannot answer by `deadlineMs` (on the clock's `nowMs` timeline).
 */
export interface Store {
  get(key: string, deadlineMs: number): Promise<string | null>;
  set(key: string, value: string, options: { ttlMs: number; deadlineMs: number }): Promise<void>;
  /**
   * Atomically takes `amount` from the window's allowance if it fits; resolves to what is left, or null if it did not
   * fit.
   */
  reserve(key: string, request: { amount: number; limit: number; windowMs: number; deadlineMs: number }): Promise<number | null>;
  /** Corrects an earlier reservation by `delta` (a negative one returns a part). */
  settle(key: string, request: { delta: number; windowMs: number; deadlineMs: number }): Promise<void>;
  /** Atomically takes every draw, or none of them. Their keys differ. */
  reserveAll(draws: readonly Draw[], deadlineMs: number): Promise<Drawn>;
}

/**
 * A draw on an allowance: `amount` of the `limit` that `key` has for `windowMs` from its first use. Whole numbers, at
 * least 0.
 */
export interface Draw {
  readonly key: string;
  readonly amount: number;
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * All of it, or nothing. In the second case `at` is the first draw that did not fit, and `left` what its allowance had.
 */
export type Drawn = { readonly ok: true; readonly reservation: Reservation } | { readonly ok: false; readonly at: number; readonly left: number };

/** Amounts that are held until the actual use is known. */
export interface Reservation {
  /** What each allowance has left, in the order of the draws. */
  readonly left: readonly number[];
  /** `local`: the shared store did not answer, and this process drew on its own share. */
  readonly from: "shared" | "local";
  /**
   * Corrects each amount to what was used, in the window from which it was taken. Only the first call counts. Rejects
   * with `StoreError`. What it would have returned then stays counted until the window ends.
   */
  settle(used: readonly number[], deadlineMs: number): Promise<void>;
}

export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Credentials by reference. Values never enter a config, a log, a trace or an error. */
export interface Secrets {
  /** Rejects when the reference is unknown. */
  read(reference: string, signal: Signal): Promise<string>;
}

/** The current configuration, and notifications of the next one. */
export interface ConfigSource<T> {
  current(): T;
  onChange(listener: (next: T) => void): () => void;
}

/** Receives a core's events. Never blocks and never throws. */
export interface EventSink<T> {
  emit(event: T): void;
}

/** A digest of a text that comes in pieces: no two texts are known to have the same. */
export interface Digest {
  update(piece: string): void;
  end(): string;
}
