import { wilson } from "./stats.ts";

/**
 * A rate is seen well enough when its interval is at most this wide to either side: one point, or a quarter of the
 * rate.
 */
export function halfWidthMax(rate: number): number {
  return Math.max(0.01, rate / 4);
}

/**
 * z of a two-sided interval, by default at 95 %, Bonferroni-corrected for so many intervals that must all hold at once.
 */
export function jointZ(intervals: number, confidence = 0.95): number {
  return normalQuantile(1 - (1 - confidence) / (2 * intervals));
}

/**
 * Interval of a median by order statistics: the values whose ranks enclose the middle one with z standard deviations of
 * Binomial(n, 1/2). Null for too few values to enclose anything. Source: Conover, Practical Nonparametric Statistics,
 * 1999, section 3.2.
 */
export function medianInterval(values: readonly number[], z: number): readonly [low: number, high: number] | null {
  const half = (z * Math.sqrt(values.length)) / 2;
  const low = Math.floor(values.length / 2 - half) - 1;
  const high = Math.ceil(values.length / 2 + half);
  if (low < 0 || high >= values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[low]!, sorted[high]!];
}

/**
 * Fewest requests at which the Wilson interval of an observed share near `rate` is narrow enough, with a tenth to spare
 * for the share that is really observed.
 */
export function requestsFor(rate: number, z: number): number {
  const target = 0.9 * halfWidthMax(rate);
  let low = 1;
  let high = 2 ** 20;
  while (low < high) {
    const middle = (low + high) >> 1;
    const [from, to] = wilson(rate * middle, middle, z);
    if ((to - from) / 2 <= target) high = middle;
    else low = middle + 1;
  }
  return low;
}

const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
const tail = 0.02425;

/** Inverse of the standard normal distribution, 0 < p < 1, relative error below 1.2e-9 (Acklam, 2003). */
export function normalQuantile(p: number): number {
  if (p > 1 - tail) return -normalQuantile(1 - p);
  if (p < tail) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(c, q) / polynomial(d, q);
  }
  const q = p - 0.5;
  return (polynomial(a, q * q) * q) / polynomial(b, q * q);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
