import { mean, sum } from "../../kernel/stats.ts";

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** A straight line through a series, in units of the value an hour. */
export interface Slope {
  readonly perHour: number;
  /** Ends of the two-sided 95 % interval: the chance that the truth is above `upperPerHour` is 2.5 %. */
  readonly lowerPerHour: number;
  readonly upperPerHour: number;
  /**
   * Autocorrelation at lag one of what the line leaves over: of the samples, and of the block means that the interval
   * is made from.
   */
  readonly lag1: { readonly samples: number; readonly blocks: number };
}

const BLOCKS = 10;
/** Student's t at 0.975 with BLOCKS - 2 degrees of freedom. */
const T_975 = 2.306;
const HOUR_MS = 3_600_000;

/** Fewer say nothing of their own autocorrelation. */
export const SAMPLES_MIN = 2 * BLOCKS;

/**
 * Ordinary least squares with an interval for samples that are not independent, by block means (as in batch means, Law
 * and Kelton, "Simulation Modeling and Analysis", 9.5.3): the series is cut into 10 blocks of equal length in time, a
 * line is laid through their means, and the interval is that of 10 values. What wavers more slowly than a block is
 * still in the blocks, which `lag1.blocks` shows. Throws `RangeError` for fewer than `SAMPLES_MIN` points, and for a
 * block without any.
 */
export function blockSlope(points: readonly Point[]): Slope {
  if (points.length < SAMPLES_MIN) throw new RangeError(`Cannot tell a slope from ${points.length} samples: at least ${SAMPLES_MIN} are needed`);
  const means = blockMeans(points);
  const line = fitted(means);
  const error = Math.sqrt(sum(line.left.map((rest) => rest * rest)) / (means.length - 2) / line.spread);
  return {
    perHour: line.slope * HOUR_MS,
    lowerPerHour: (line.slope - T_975 * error) * HOUR_MS,
    upperPerHour: (line.slope + T_975 * error) * HOUR_MS,
    lag1: { samples: lag1(fitted(points).left), blocks: lag1(line.left) },
  };
}

function blockMeans(points: readonly Point[]): readonly Point[] {
  const fromMs = points[0]!.atMs;
  const lengthMs = (points.at(-1)!.atMs - fromMs) / BLOCKS;
  return Array.from({ length: BLOCKS }, (_, index) => {
    const own = points.filter(({ atMs }) => Math.min(BLOCKS - 1, Math.floor((atMs - fromMs) / lengthMs)) === index);
    if (own.length === 0) throw new RangeError(`Cannot tell a slope: no sample in block ${index + 1} of ${BLOCKS}`);
    return { atMs: mean(own.map(({ atMs }) => atMs)), value: mean(own.map(({ value }) => value)) };
  });
}

/** `left`: residuals; `spread`: sum of squares of the times about their mean. */
function fitted(points: readonly Point[]): { readonly slope: number; readonly left: readonly number[]; readonly spread: number } {
  const centre = { atMs: mean(points.map(({ atMs }) => atMs)), value: mean(points.map(({ value }) => value)) };
  const spread = sum(points.map(({ atMs }) => (atMs - centre.atMs) ** 2));
  const slope = sum(points.map(({ atMs, value }) => (atMs - centre.atMs) * (value - centre.value))) / spread;
  return { slope, spread, left: points.map(({ atMs, value }) => value - centre.value - slope * (atMs - centre.atMs)) };
}

/** 0 for a series without any variance. */
function lag1(values: readonly number[]): number {
  const variance = sum(values.map((value) => value * value));
  return variance === 0 ? 0 : sum(values.slice(1).map((value, index) => value * values[index]!)) / variance;
}
