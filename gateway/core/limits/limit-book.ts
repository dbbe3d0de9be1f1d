import type { Reservation } from "../../../kernel/seams.ts";
import { type LimitDraw, limitState } from "./draws.ts";
import type { LimitState } from "./state.ts";

interface Entry {
  draw: LimitDraw;
  left: number;
  from: "shared" | "local";
  /** What this process's requests in flight have reserved and may return. */
  held: number;
}

/** Teams and windows in the state. The oldest are dropped first, and return with their next draw. */
const ENTRIES_MAX = 1_000;

/** The last known state of each team's windows: for people who ask why a request was refused. It decides nothing. */
export class LimitBook {
  readonly #entries = new Map<string, Entry>();

  recordDraw(draws: readonly LimitDraw[], { left, from }: Pick<Reservation, "left" | "from">): void {
    draws.forEach((draw, index) => (this.#update(draw, left[index]!, from).held += draw.amount));
  }

  /**
   * Whether a refused draw would fit if the requests in flight used nothing. The request count itself is never
   * returned.
   */
  isHeld({ name, key, unit, amount }: LimitDraw, left: number): boolean {
    const entry = this.#entries.get(name);
    return unit !== "requests" && entry?.draw.key === key && left + entry.held >= amount;
  }

  recordRefusal(draw: LimitDraw, left: number): void {
    this.#update(draw, left, this.#entries.get(draw.name)?.from ?? "shared");
  }

  recordSettlement(draws: readonly LimitDraw[], used: readonly number[]): void {
    draws.forEach(({ name, key, amount }, index) => {
      const entry = this.#entries.get(name);
      if (entry?.draw.key !== key) return;
      entry.left += amount - used[index]!;
      entry.held -= amount;
    });
  }

  /** The windows that have not ended at `wallMs`. */
  states(wallMs: number): readonly LimitState[] {
    return [...this.#entries.values()].filter(({ draw }) => draw.untilMs > wallMs).map(({ draw, left, from }) => limitState(draw, left, from));
  }

  #update(draw: LimitDraw, left: number, from: "shared" | "local"): Entry {
    const known = this.#entries.get(draw.name);
    if (known !== undefined) {
      if (known.draw.key !== draw.key) known.held = 0;
      known.draw = draw;
      known.left = left;
      known.from = from;
      return known;
    }
    const entry = { draw, left, from, held: 0 };
    this.#entries.set(draw.name, entry);
    if (this.#entries.size > ENTRIES_MAX) this.#entries.delete(this.#entries.keys().next().value!);
    return entry;
  }
}
