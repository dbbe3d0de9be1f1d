import type { Rng } from "../../../kernel/rng.ts";
import { mean, quantile, sum } from "../../../kernel/stats.ts";
import { dropUpper } from "./tango.ts";

const draws = 4_000;
/** Up to here all assignments of signs are counted. */
const exactUnitsMax = 14;

export interface DifferenceEvidence {
  /** Mean of before minus now, in [-1, 1]. */
  readonly drop: number;
  /** Upper end of the two-sided 95 % interval of the drop. */
  readonly upper: number;
  /** Two-sided p-value of the sign-flip test. */
  readonly p: number;
}

/**
 * Evidence from paired scores. `units`: for each independent unit (a case, or a group of cases that are alike) its mean
 * of before minus now. The bound is the percentile bootstrap over units, never below what units without any difference
 * leave open: a bootstrap of zeros knows nothing. Sources: Miller, Adding error bars to evals (2024), for units; Fisher
 * (1935) for the sign-flip test.
 */
export function evidenceOf(units: readonly number[], rng: Rng): DifferenceEvidence {
  const drop = mean(units);
  const means = Array.from({ length: draws }, () => resampledMean(units, rng));
  return { drop, upper: Math.max(quantile(means, 0.975), dropUpper({ n: units.length, broken: 0, mended: 0 })), p: signFlipP(units, rng) };
}

function resampledMean(units: readonly number[], rng: Rng): number {
  let total = 0;
  for (let draw = 0; draw < units.length; draw++) total += units[Math.floor(rng.next() * units.length)]!;
  return total / units.length;
}

/** How likely a sum at least so far from 0 is where each difference might as well have the other sign. */
function signFlipP(units: readonly number[], rng: Rng): number {
  const differing = units.filter((unit) => unit !== 0);
  const observed = Math.abs(sum(differing)) - 1e-9;
  if (differing.length === 0) return 1;
  const exact = differing.length <= exactUnitsMax;
  const count = exact ? 2 ** differing.length : draws;
  let extreme = 0;
  for (let index = 0; index < count; index++) {
    let total = 0;
    for (const [place, unit] of differing.entries()) total += (exact ? (index >> place) & 1 : rng.next() < 0.5) ? unit : -unit;
    if (Math.abs(total) >= observed) extreme++;
  }
  return exact ? extreme / count : (extreme + 1) / (count + 1);
}
