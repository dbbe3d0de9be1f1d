import { mean, meanInterval, welchInterval } from "../../kernel/stats.ts";
import type { Range } from "../../kernel/verdict.ts";

export interface SeparationRule {
  /** Below this a difference matters to nobody, however sure it is. Figures are equal to within it at best. */
  readonly differenceMin: number;
  /** Confidence of the interval. */
  readonly level: number;
  /** Fewer seeds tell nothing apart. */
  readonly seedsMin: number;
}

/** Of figures that are a mean over many requests, and so near enough to normal for Student's interval. */
export const seedsMinOfMeans = 2;

/**
 * Of figures that may be the same for most seeds and far from that for others, such as a recovery that comes or does
 * not: only their order proves anything. Where nothing differs, all five of one setting exceed all five of the other in
 * 2 of choose(10, 5) = 252 cases, which is under 1 %. With four it is 1 in 35.
 */
export const seedsMinOfOrder = 5;

/** Of a share of many requests. */
const ruleOfShares: SeparationRule = { differenceMin: 0.01, level: 0.99, seedsMin: seedsMinOfMeans };

/** Whether two settings can be told apart by a figure that was measured under both. */
export interface Separation {
  /** Mean of the second less that of the first. */
  readonly difference: number;
  /** Of that difference, by default at 99 %. Null with fewer than two pairs, or two seeds on a side. */
  readonly interval: Range | null;
  /** The interval excludes 0, and the difference is at least the least that matters. */
  readonly separated: boolean;
}

/**
 * Each pair is of one seed. Differences of the same seed cancel what its draw alone does to both, so that few seeds
 * decide (docs/metrics.md, "Over several runs").
 */
export function separationOf(pairs: readonly (readonly [first: number, second: number])[], rule = ruleOfShares): Separation {
  const differences = pairs.map(([first, second]) => second - first);
  return separation(mean(differences), { interval: meanInterval(differences, rule.level, 2 * varianceMin(rule)), seeds: pairs.length, rule });
}

/** Of seeds that the two settings do not share: independent samples. */
export function separationOfSamples(first: readonly number[], second: readonly number[], rule = ruleOfShares): Separation {
  const interval = welchInterval(first, second, { level: rule.level, varianceMin: varianceMin(rule) });
  return separation(mean(second) - mean(first), { interval, seeds: Math.min(first.length, second.length), rule });
}

/**
 * Figures of few seeds are often equal: a recovery is counted in whole seconds. An interval without width would claim
 * that no other seed can differ. Equal figures are equal to within a step, whose rounding has this variance. Source:
 * Guide to the Expression of Uncertainty in Measurement (JCGM 100:2008), F.2.2.1.
 */
const varianceMin = ({ differenceMin }: SeparationRule): number => differenceMin ** 2 / 12;

interface Evidence {
  readonly interval: Range | null;
  /** On each side. */
  readonly seeds: number;
  readonly rule: SeparationRule;
}

function separation(difference: number, { interval, seeds, rule: { differenceMin, seedsMin } }: Evidence): Separation {
  const isApart = interval !== null && (interval[0] > 0 || interval[1] < 0);
  return { difference, interval, separated: isApart && seeds >= seedsMin && Math.abs(difference) >= differenceMin };
}
