import { incompleteBeta } from "./incomplete-beta.ts";

/** Quantile with linear interpolation between order statistics (type 7, as in R and NumPy). NaN for no data. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (position - low);
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : sum(values) / values.length;
}

export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/**
 * Student's interval of a mean: it holds the mean of all possible values with this confidence, where they are near
 * enough to normal. Null for fewer than two. `varianceMin`: values that are known no better have this much.
 */
export function meanInterval(values: readonly number[], level = 0.95, varianceMin = 0): readonly [number, number] | null {
  const n = values.length;
  if (n < 2) return null;
  const middle = mean(values);
  const half = studentT(n - 1, level) * Math.sqrt(varianceOf(values, varianceMin) / n);
  return [middle - half, middle + half];
}

/**
 * Interval of the difference of two means, second less first, of independent samples whose variances may differ. Null
 * for fewer than two values in one of them. Source: Welch 1947.
 */
export function welchInterval(first: readonly number[], second: readonly number[], { level = 0.95, varianceMin = 0 }: { readonly level?: number; readonly varianceMin?: number } = {}): readonly [number, number] | null {
  if (first.length < 2 || second.length < 2) return null;
  const [a, b] = [varianceOf(first, varianceMin) / first.length, varianceOf(second, varianceMin) / second.length];
  const difference = mean(second) - mean(first);
  if (a + b === 0) return [difference, difference];
  const degrees = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  const half = studentT(degrees, level) * Math.sqrt(a + b);
  return [difference - half, difference + half];
}

/** Of two values or more, and never less than `varianceMin`. */
function varianceOf(values: readonly number[], varianceMin: number): number {
  const middle = mean(values);
  return Math.max(varianceMin, sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
}

/**
 * Student's t whose interval around 0 holds `level` of the distribution with these degrees of freedom: 2.262 for 9 and
 * 95 %.
 */
export function studentT(degrees: number, level = 0.95): number {
  const outside = (t: number) => incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
  let high = 1;
  while (outside(high) > 1 - level) high *= 2;
  let low = 0;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (outside(middle) > 1 - level) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Probability of `successes` or more in `trials` independent trials of probability `p`: exact, and safe for a million
 * trials.
 */
export function binomialTail(successes: number, trials: number, p: number): number {
  if (successes <= 0) return 1;
  return successes > trials ? 0 : incompleteBeta(p, successes, trials - successes + 1);
}

/** Wilson score interval of a share, by default at 95 %. [0, 1] for no trials. Source: Wilson 1927. */
export function wilson(successes: number, trials: number, z = 1.959964): readonly [number, number] {
  if (trials === 0) return [0, 1];
  const p = successes / trials;
  const z2 = z * z;
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (z / (1 + z2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
