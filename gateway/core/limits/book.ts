import type { Reservation } from "../../../kernel/seams.ts";
import { type LimitDraw, type LimitState, limitState } from "./draws.ts";

interface Entry {
  readonly draw: LimitDraw;
  left: number;
  from: "shared" | "local";
}

/** Teams and windows that the state shows; the oldest give way. */
const ENTRIES_MAX = 1_000;

/** What this process last heard of each team's windows: for people who ask why a request was refused. Decides nothing. */
export class LimitBook {
  readonly #entries = new Map<string, Entry>();

  drawn(draws: readonly LimitDraw[], { left, from }: Pick<Reservation, "left" | "from">): void {
    for (const [index, draw] of draws.entries()) this.#note(draw, left[index]!, from);
  }

  refused(draw: LimitDraw, left: number): void {
    this.#note(draw, left, this.#entries.get(nameOf(draw))?.from ?? "shared");
  }

  settled(draws: readonly LimitDraw[], used: readonly number[]): void {
    for (const [index, draw] of draws.entries()) {
      const entry = this.#entries.get(nameOf(draw));
      if (entry?.draw.key === draw.key) entry.left += draw.amount - used[index]!;
    }
  }

  /** The windows that have not ended at `wallMs`. */
  states(wallMs: number): readonly LimitState[] {
    return [...this.#entries.values()].filter(({ draw }) => draw.untilMs > wallMs).map(({ draw, left, from }) => limitState(draw, left, from));
  }

  #note(draw: LimitDraw, left: number, from: "shared" | "local"): void {
    const name = nameOf(draw);
    this.#entries.delete(name);
    this.#entries.set(name, { draw, left, from });
    if (this.#entries.size > ENTRIES_MAX) this.#entries.delete(this.#entries.keys().next().value!);
  }
}

/** The allowance, whichever of its windows. */
function nameOf({ key }: LimitDraw): string {
  return key.slice(0, key.lastIndexOf(":"));
}
