import { mean, studentT } from "../../kernel/stats.ts";
import type { Range } from "../../kernel/verdict.ts";
import type { ClientEstimate } from "./measures.ts";

/**
 * A mean over runs with its 95 % interval from the clients within each run: how sure it is that other clients would
 * have lost as much.
 */
export interface ClientMean {
  readonly mean: number;
  /** Null: a run has too few clients for one. */
  readonly interval: Range | null;
}

/** Null for no runs. Runs of different seeds have different clients, so their errors are independent. */
export function overClients(estimates: readonly ClientEstimate[]): ClientMean | null {
  if (estimates.length === 0) return null;
  const middle = mean(estimates.map(({ value }) => value));
  const halves = estimates.map(({ interval }) => (interval === null ? null : (interval[1] - interval[0]) / 2));
  return { mean: middle, interval: around(middle, halves, estimates.length) };
}

/** So many degrees of freedom that Student's t is the normal distribution, as for the clients of a run. */
const manyDegrees = 10_000;

/**
 * The mean of `second` less that of `first`, with its interval at `level`. Both had the same clients, so the interval
 * is, if anything, too wide.
 */
export function differenceOverClients(first: ClientMean, second: ClientMean, level = 0.95): ClientMean {
  const difference = second.mean - first.mean;
  const wider = level === 0.95 ? 1 : studentT(manyDegrees, level) / studentT(manyDegrees, 0.95);
  const halves = [first, second].map(({ interval }) => (interval === null ? null : (wider * (interval[1] - interval[0])) / 2));
  return { mean: difference, interval: around(difference, halves, 1) };
}

function around(middle: number, halves: readonly (number | null)[], count: number): Range | null {
  if (halves.includes(null)) return null;
  const half = Math.hypot(...halves.map(Number)) / count;
  return [middle - half, middle + half];
}
