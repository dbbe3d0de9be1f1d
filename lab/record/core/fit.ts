import { mean, quantile, sum } from "../../../kernel/stats.ts";
import type { Exchange } from "./exchange.ts";

/** How a provider's answers came, in the form of a `LatencyProfile`. */
export interface FittedLatency {
  readonly firstTokenMsP50: number;
  readonly firstTokenSigma: number;
  readonly tokensPerSecond: number;
  /** Answers that it was fitted to, and of which kind. */
  readonly samples: number;
  readonly from: "streams" | "whole_answers";
}

/** Fewer make no median. */
const samplesMin = 10;

/** From streams, where there are ten; else from JSON answers of different lengths; null from too little. */
export function fitLatency(exchanges: readonly Exchange[]): FittedLatency | null {
  const answered = exchanges.filter(({ end }) => end === "answered");
  return fitStreams(answered) ?? fitWhole(answered.filter(({ stream }) => !stream));
}

/**
 * The first token is log-normal; gaps are exponential, whose rate's best estimate is all gaps over all time (maximum
 * likelihood).
 */
function fitStreams(answered: readonly Exchange[]): FittedLatency | null {
  const streams = answered.flatMap(({ firstTokenMs, lastTokenMs, tokens }) => (firstTokenMs === null || lastTokenMs === null ? [] : [{ firstTokenMs, spanMs: lastTokenMs - firstTokenMs, gaps: Math.max(0, (tokens ?? 1) - 1) }]));
  const long = streams.filter(({ gaps, spanMs }) => gaps > 0 && spanMs > 0);
  if (streams.length < samplesMin || long.length < samplesMin) return null;
  const tokensPerSecond = (1000 * sum(long.map(({ gaps }) => gaps))) / sum(long.map(({ spanMs }) => spanMs));
  return { ...logNormalOf(streams.map(({ firstTokenMs }) => firstTokenMs)), tokensPerSecond: rounded(tokensPerSecond, 2), samples: streams.length, from: "streams" };
}

/**
 * A JSON answer is ready with its last token: its time is a first token's and a gap for each other. The gap is the
 * slope of time over tokens, by the median of the slopes of pairs (Theil 1950, Sen 1968), which outliers do not move;
 * the first token is what is left.
 */
function fitWhole(answered: readonly Exchange[]): FittedLatency | null {
  const points = answered.flatMap(({ tokens, totalMs }) => (tokens === null ? [] : [{ tokens, totalMs }])).slice(0, 400);
  const slopes = points.flatMap((a, index) => points.slice(index + 1).flatMap((b) => (a.tokens === b.tokens ? [] : [(b.totalMs - a.totalMs) / (b.tokens - a.tokens)])));
  const gapMs = quantile(slopes, 0.5);
  if (points.length < samplesMin || !(gapMs > 0)) return null;
  const firstTokens = points.map(({ tokens, totalMs }) => Math.max(1, totalMs - (tokens - 1) * gapMs));
  return { ...logNormalOf(firstTokens), tokensPerSecond: rounded(1000 / gapMs, 2), samples: points.length, from: "whole_answers" };
}

function logNormalOf(values: readonly number[]): Pick<FittedLatency, "firstTokenMsP50" | "firstTokenSigma"> {
  const logs = values.map((value) => Math.log(Math.max(0.1, value)));
  const centre = mean(logs);
  const sigma = Math.sqrt(sum(logs.map((log) => (log - centre) ** 2)) / Math.max(1, logs.length - 1));
  return { firstTokenMsP50: rounded(quantile(values, 0.5), 1), firstTokenSigma: rounded(Math.min(3, sigma), 3) };
}

export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
