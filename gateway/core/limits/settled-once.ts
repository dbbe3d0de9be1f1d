import type { Draw, Reservation } from "../../../kernel/seams.ts";

/** What an allowance gets back, or is charged besides. */
export interface Correction {
  readonly key: string;
  /** Never 0. */
  readonly delta: number;
}

/** What settling draws at `used` changes. */
export function correctionsOf(draws: readonly Draw[], used: readonly number[]): readonly Correction[] {
  return draws.map(({ key, amount }, index) => ({ key, delta: used[index]! - amount })).filter(({ delta }) => delta !== 0);
}

/** A reservation in the shared store, of which only the first settlement counts: `correct` is called at most once. */
export function settledOnce(draws: readonly Draw[], left: readonly number[], correct: (corrections: readonly Correction[], deadlineMs: number) => Promise<void>): Reservation {
  let isOpen = true;
  return {
    left,
    from: "shared",
    settle: async (used, deadlineMs) => {
      if (!isOpen) return;
      isOpen = false;
      const corrections = correctionsOf(draws, used);
      if (corrections.length > 0) await correct(corrections, deadlineMs);
    },
  };
}
