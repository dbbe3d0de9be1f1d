import { quantile } from "../../../kernel/stats.ts";
import type { ErrorBody, Exchange } from "./exchange.ts";
import { fitLatency, rounded, type FittedLatency } from "./fit.ts";
import { recordedPhases, type RecordedPhase } from "./phases.ts";

/** What a recording comes to: numbers, codes and scrubbed error bodies. */
export interface RecordedProfile {
  readonly lengthMs: number;
  readonly counts: { readonly answered: number; readonly failed: number; readonly truncated: number; readonly callerGone: number; readonly excluded: number; readonly streams: number };
  /** Null: too few answers. */
  readonly latency: FittedLatency | null;
  /** Null of nothing. */
  readonly sizes: { readonly requestBytes: Spread | null; readonly responseBytes: Spread | null; readonly tokens: Spread | null };
  readonly phases: readonly RecordedPhase[];
  /** Most frequent first. */
  readonly errors: readonly (ErrorBody & { readonly count: number })[];
}

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Different error bodies that are kept. */
const errorsMax = 50;
/** A stretch with a larger share of failures does not show a healthy provider's latency, if there is any other. */
const healthyErrorRateMax = 0.05;

/** Everything that is kept of a recording of `lengthMs`. */
export function profileOf(exchanges: readonly Exchange[], errors: readonly ErrorBody[], lengthMs: number): RecordedProfile {
  const count = (end: Exchange["end"]) => exchanges.filter((exchange) => exchange.end === end).length;
  const latency = fitLatency(healthy(exchanges, lengthMs)) ?? fitLatency(exchanges);
  const answered = exchanges.filter(({ end }) => end === "answered");
  return {
    lengthMs: Math.round(lengthMs),
    counts: { answered: answered.length, failed: count("failed"), truncated: count("truncated"), callerGone: count("caller_gone"), excluded: count("excluded"), streams: exchanges.filter(({ stream }) => stream).length },
    latency,
    sizes: {
      requestBytes: spreadOf(exchanges.map(({ requestBytes }) => requestBytes)),
      responseBytes: spreadOf(answered.map(({ responseBytes }) => responseBytes)),
      tokens: spreadOf(answered.flatMap(({ tokens }) => tokens ?? [])),
    },
    phases: recordedPhases(exchanges, lengthMs, latency?.from === "streams" ? latency.firstTokenMsP50 : null),
    errors: countedErrors(errors),
  };
}

function healthy(exchanges: readonly Exchange[], lengthMs: number): readonly Exchange[] {
  const good = recordedPhases(exchanges, lengthMs, null).filter(({ errorRate }) => errorRate <= healthyErrorRateMax);
  return exchanges.filter(({ atMs }) => good.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs));
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  return { p50: rounded(quantile(values, 0.5), 0), p95: rounded(quantile(values, 0.95), 0), max: values.reduce((most, value) => Math.max(most, value), 0) };
}

/** A retry-after that varies is the same error. */
function countedErrors(errors: readonly ErrorBody[]): RecordedProfile["errors"] {
  const counted = new Map<string, ErrorBody & { readonly count: number }>();
  for (const error of errors) {
    const key = JSON.stringify([error.status, error.contentType, error.body]);
    counted.set(key, { ...error, count: (counted.get(key)?.count ?? 0) + 1 });
  }
  return [...counted.values()].sort((a, b) => b.count - a.count).slice(0, errorsMax);
}
