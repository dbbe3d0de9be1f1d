import type { Clock } from "../../../kernel/seams.ts";
import { orAborted, type Signal } from "../../../kernel/signal.ts";
import type { StoredAnswer } from "./stored-answer.ts";
import type { CacheReport } from "./report.ts";

/**
 * The result of a request that others wait for. `report` is the followers'. `failed`: the providers failed. `unshared`:
 * it was refused, or broke off. `unshareable`: its answer may not be shared, and until `uncoalescedUntilMs` nobody
 * waits for the next one either. `client_left`: its client left. `timed_out`: it took too long.
 */
export type FlightResult =
  | { readonly kind: "answer"; readonly answer: StoredAnswer; readonly report: CacheReport }
  | { readonly kind: "failed" }
  | { readonly kind: "unshared" }
  | { readonly kind: "unshareable"; readonly uncoalescedUntilMs: number }
  | { readonly kind: "client_left" }
  | { readonly kind: "timed_out" };

interface Flight {
  /** Until when others wait for it. */
  readonly untilMs: number;
  readonly result: Promise<FlightResult>;
}

/** Completes a flight. `stored`: the answer is still being stored, and the flight stays joinable until it is. */
export type CompleteFlight = (result: FlightResult, stored?: Promise<void>) => void;

/** `alone`: the last such answer could not be shared, so waiting for the next would most likely be in vain. */
export type FlightRole = { readonly role: "alone" } | { readonly role: "leader"; readonly complete: CompleteFlight } | { readonly role: "follower"; readonly flight: Flight };

/** Keys whose answers could not be shared. The oldest are dropped first, and long keys are not remembered. */
const UNCOALESCED_MAX = 100;
const UNCOALESCED_CHARACTERS_MAX = 16_000;

/** Coalesces identical requests in flight: one asks, the others wait for its whole answer. */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #uncoalescedUntilMs = new Map<string, number>();

  get size(): number {
    return this.#flights.size;
  }

  /**
   * The first request for a key leads and must complete its flight. Only the first result counts. After `waitMs` a
   * flight has no more followers and the next request leads instead: otherwise one client that reads its stream slowly
   * would make all others wait, each in turn.
   */
  join(key: string, nowMs: number, waitMs: number): FlightRole {
    const flight = this.#flights.get(key);
    if (flight !== undefined && nowMs < flight.untilMs) return { role: "follower", flight };
    if (this.#uncoalescedUntilMs.size > 0 && nowMs < (this.#uncoalescedUntilMs.get(key) ?? 0)) return { role: "alone" };
    const { promise, resolve } = Promise.withResolvers<FlightResult>();
    const mine: Flight = { untilMs: nowMs + waitMs, result: promise };
    let isComplete = false;
    const complete: CompleteFlight = (result, stored) => {
      if (isComplete) return;
      isComplete = true;
      resolve(result);
      if (result.kind === "unshareable") this.#skipCoalescing(key, result.uncoalescedUntilMs);
      if (stored === undefined) this.#remove(key, mine);
      else void stored.then(() => this.#remove(key, mine));
    };
    this.#flights.set(key, mine);
    return { role: "leader", complete };
  }

  #remove(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #skipCoalescing(key: string, untilMs: number): void {
    if (key.length > UNCOALESCED_CHARACTERS_MAX) return;
    this.#uncoalescedUntilMs.delete(key);
    this.#uncoalescedUntilMs.set(key, untilMs);
    if (this.#uncoalescedUntilMs.size > UNCOALESCED_MAX) this.#uncoalescedUntilMs.delete(this.#uncoalescedUntilMs.keys().next().value!);
  }
}

/**
 * Waits for a flight's result, until `untilMs` or the end of the flight's own wait. Rejects with `Cancelled` when the
 * signal is cancelled first.
 */
export async function flightResult(flight: Flight, { clock, untilMs, signal }: { clock: Clock; untilMs: number; signal: Signal }): Promise<FlightResult> {
  const { promise, resolve } = Promise.withResolvers<FlightResult>();
  const cancelTimer = clock.at(Math.min(untilMs, flight.untilMs), () => resolve({ kind: "timed_out" }));
  void flight.result.then(resolve);
  try {
    return await orAborted(promise, signal);
  } finally {
    cancelTimer();
  }
}
