import { mean, meanInterval } from "../../kernel/stats.ts";
import type { Range } from "../../kernel/verdict.ts";

/** Below this a difference of a share matters to nobody, however sure it is. */
const differenceMin = 0.01;
const level = 0.99;

/** Whether two settings can be told apart by a share that was measured under both with the same seeds. */
export interface Separation {
  /** Mean of second minus first over the pairs. */
  readonly difference: number;
  /** 99 % of that mean. Null with fewer than two pairs. */
  readonly interval: Range | null;
  /** The interval excludes 0, and the mean is at least 0.01. */
  readonly separated: boolean;
}

/** Each pair is of one seed. Differences of the same seed cancel what its draw alone does to both, so that few seeds decide (docs/metrics.md, "Over several runs"). */
export function separationOf(pairs: readonly (readonly [first: number, second: number])[]): Separation {
  const differences = pairs.map(([first, second]) => second - first);
  const difference = mean(differences);
  const interval = meanInterval(differences, level);
  const isApart = interval !== null && (interval[0] > 0 || interval[1] < 0);
  return { difference, interval, separated: isApart && Math.abs(difference) >= differenceMin };
}
