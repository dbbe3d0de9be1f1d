import type { Clock } from "../../../kernel/seams.ts";
import { orAborted, type Signal } from "../../../kernel/signal.ts";
import type { StoredAnswer } from "./stored-answer.ts";
import type { CacheReport } from "./report.ts";

/**
 * How a request that others wait for came out; `report` is theirs. `failed`: the providers did. `unshared`: it was refused, or broke off. `unfit`: its answer is not for others, and until then nobody
 * waits for the next one either. `left`: its client went away.
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

/** `stored`: the answer is being written down, and found here until it is there. */
export type CompleteFlight = (result: FlightResult, stored?: Promise<void>) => void;

/** `alone`: the last such answer was not for others, so that to wait for the next is most likely in vain. */
export type FlightRole = { readonly role: "alone" } | { readonly role: "leader"; readonly complete: CompleteFlight } | { readonly role: "follower"; readonly flight: Flight };

/** Requests whose answers were last unfit; the oldest give way, and the longest are not remembered. */
const UNCOALESCED_MAX = 100;
const UNCOALESCED_CHARACTERS_MAX = 16_000;

/** Same requests at the same time: one goes, the others wait for its whole answer. */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #uncoalescedUntilMs = new Map<string, number>();

  get size(): number {
    return this.#flights.size;
  }

  /**
   * The first for a key leads, and must land: only the first result counts. One that is under way for longer than `waitMs` has no more
   * followers, the next leads in its place: a client that reads its stream slowly would keep everybody waiting, each anew.
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

/** Waits for a flight for as long as it is waited for, and until `untilMs`. Rejects with `Cancelled` when the signal is cancelled first. */
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
