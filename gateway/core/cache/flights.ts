import type { Clock } from "../../../kernel/seams.ts";
import { orAborted, type Signal } from "../../../kernel/signal.ts";
import type { StoredAnswer } from "./answer.ts";

/** How a request that others wait for came out. `unshared`: it failed, or its answer is not for others. `left`: its client went away. */
export type Landing = { readonly kind: "answer"; readonly answer: StoredAnswer } | { readonly kind: "unshared" } | { readonly kind: "left" } | { readonly kind: "late" };

interface Flight {
  readonly landed: Promise<Landing>;
  readonly land: (landing: Landing) => void;
}

export type Place = { readonly role: "leader"; readonly land: (landing: Landing) => void } | { readonly role: "follower"; readonly flight: Flight };

/** Same requests at the same time: one goes, the others wait for its whole answer. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  /** The first for a key leads, and must land: only the first landing counts. */
  enter(key: string): Place {
    const flight = this.#flights.get(key);
    if (flight !== undefined) return { role: "follower", flight };
    const { promise, resolve } = Promise.withResolvers<Landing>();
    const land = (landing: Landing) => {
      if (this.#flights.get(key) === mine) this.#flights.delete(key);
      resolve(landing);
    };
    const mine: Flight = { landed: promise, land };
    this.#flights.set(key, mine);
    return { role: "leader", land };
  }
}

/** Waits for a flight until `untilMs`. Rejects with `Cancelled` when the signal is cancelled first. */
export async function landingOf(flight: Flight, { clock, untilMs, signal }: { clock: Clock; untilMs: number; signal: Signal }): Promise<Landing> {
  const { promise, resolve } = Promise.withResolvers<Landing>();
  const cancelTimer = clock.at(untilMs, () => resolve({ kind: "late" }));
  void flight.landed.then(resolve);
  try {
    return await orAborted(promise, signal);
  } finally {
    cancelTimer();
  }
}
