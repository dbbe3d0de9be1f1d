import { mean, meanInterval } from "../../kernel/stats.ts";
import type { Range } from "../../kernel/verdict.ts";

export interface SeparationRule {
  /** Below this a difference matters to nobody, however sure it is. */
  readonly differenceMin: number;
  /** Confidence of the interval. */
  readonly level: number;
}

/** Of a share. */
const ruleOfShares: SeparationRule = { differenceMin: 0.01, level: 0.99 };

/** Whether two settings can be told apart by a figure that was measured under both with the same seeds. */
export interface Separation {
  /** Mean of second minus first over the pairs. */
  readonly difference: number;
  /** Of that mean, by default at 99 %. Null with fewer than two pairs. */
  readonly interval: Range | null;
  /** The interval excludes 0, and the mean is at least the least that matters: 0.01 of a share. */
  readonly separated: boolean;
}

/**
 * Each pair is of one seed. Differences of the same seed cancel what its draw alone does to both, so that few seeds
 * decide (docs/metrics.md, "Over several runs").
 */
export function separationOf(pairs: readonly (readonly [first: number, second: number])[], { differenceMin, level } = ruleOfShares): Separation {
  const differences = pairs.map(([first, second]) => second - first);
  const difference = mean(differences);
  const interval = meanInterval(differences, level);
  const isApart = interval !== null && (interval[0] > 0 || interval[1] < 0);
  return { difference, interval, separated: isApart && Math.abs(difference) >= differenceMin };
}
