import type { Clock } from "../../../kernel/seams.ts";
import { orAborted, type Signal } from "../../../kernel/signal.ts";
import type { StoredAnswer } from "./stored-answer.ts";
import type { CacheReport } from "./report.ts";

/**
 * How a request that others wait for came out; `report` is theirs. `failed`: the providers did. `unshared`: it was refused, or broke off. `unfit`: its answer is not for others, and until then nobody
 * waits for the next one either. `left`: its client went away.
 */
export type Landing =
  | { readonly kind: "answer"; readonly answer: StoredAnswer; readonly report: CacheReport }
  | { readonly kind: "failed" }
  | { readonly kind: "unshared" }
  | { readonly kind: "unfit"; readonly aloneUntilMs: number }
  | { readonly kind: "left" }
  | { readonly kind: "late" };

interface Flight {
  /** Until when others wait for it. */
  readonly untilMs: number;
  readonly landed: Promise<Landing>;
}

/** `kept`: the answer is being written down, and found here until it is there. */
export type Land = (landing: Landing, kept?: Promise<void>) => void;

/** `alone`: the last such answer was not for others, so that to wait for the next is most likely in vain. */
export type Place = { readonly role: "alone" } | { readonly role: "leader"; readonly land: Land } | { readonly role: "follower"; readonly flight: Flight };

/** Requests whose answers were last unfit; the oldest give way, and the longest are not remembered. */
const ALONE_MAX = 100;
const ALONE_CHARACTERS_MAX = 16_000;

/** Same requests at the same time: one goes, the others wait for its whole answer. */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #aloneUntilMs = new Map<string, number>();

  get size(): number {
    return this.#flights.size;
  }

  /**
   * The first for a key leads, and must land: only the first landing counts. One that is under way for longer than `waitMs` has no more
   * followers, the next leads in its place: a client that reads its stream slowly would keep everybody waiting, each anew.
   */
  enter(key: string, nowMs: number, waitMs: number): Place {
    const flight = this.#flights.get(key);
    if (flight !== undefined && nowMs < flight.untilMs) return { role: "follower", flight };
    if (this.#aloneUntilMs.size > 0 && nowMs < (this.#aloneUntilMs.get(key) ?? 0)) return { role: "alone" };
    const { promise, resolve } = Promise.withResolvers<Landing>();
    const mine: Flight = { untilMs: nowMs + waitMs, landed: promise };
    let hasLanded = false;
    const land: Land = (landing, kept) => {
      if (hasLanded) return;
      hasLanded = true;
      resolve(landing);
      if (landing.kind === "unfit") this.#leaveAlone(key, landing.aloneUntilMs);
      if (kept === undefined) this.#leave(key, mine);
      else void kept.then(() => this.#leave(key, mine));
    };
    this.#flights.set(key, mine);
    return { role: "leader", land };
  }

  #leave(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #leaveAlone(key: string, untilMs: number): void {
    if (key.length > ALONE_CHARACTERS_MAX) return;
    this.#aloneUntilMs.delete(key);
    this.#aloneUntilMs.set(key, untilMs);
    if (this.#aloneUntilMs.size > ALONE_MAX) this.#aloneUntilMs.delete(this.#aloneUntilMs.keys().next().value!);
  }
}

/** Waits for a flight for as long as it is waited for, and until `untilMs`. Rejects with `Cancelled` when the signal is cancelled first. */
export async function landingOf(flight: Flight, { clock, untilMs, signal }: { clock: Clock; untilMs: number; signal: Signal }): Promise<Landing> {
  const { promise, resolve } = Promise.withResolvers<Landing>();
  const cancelTimer = clock.at(Math.min(untilMs, flight.untilMs), () => resolve({ kind: "late" }));
  void flight.landed.then(resolve);
  try {
    return await orAborted(promise, signal);
  } finally {
    cancelTimer();
  }
}
