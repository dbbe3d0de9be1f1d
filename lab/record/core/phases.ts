import { quantile, wilson } from "../../../kernel/stats.ts";
import type { Exchange } from "./exchange.ts";
import { rounded } from "./fit.ts";

/** A stretch of a recording in which the provider behaved alike. */
export interface RecordedPhase {
  readonly fromMs: number;
  readonly toMs: number;
  /** Requests whose end is known. */
  readonly requests: number;
  readonly errorRate: number;
  /** Shares of the failures, adding up to 1; empty without any. */
  readonly statusMix: Readonly<Record<string, number>>;
  /** Of the answers that did not fail, streams or not: a simulator cuts both. */
  readonly streamTruncationRate: number;
  /** Times the median of `baselineMs`; at least 1. */
  readonly latencyFactor: number;
}

/** No phase is played shorter. */
const windowMsMin = 10_000;
const windowsMax = 60;
/** A slower or faster stretch is one of its own when the medians of so many differ by this factor. */
const latencySamplesMin = 10;
const latencyStep = 1.75;
/** Less is noise. */
const latencyFactorMin = 1.25;

/**
 * Cuts a recording into windows and joins neighbours whose failure rates may be the same (their Wilson intervals
 * overlap) and whose medians are near. `baselineMs` is the first token's median of a healthy provider; null: unknown,
 * and then there is no factor.
 */
export function recordedPhases(exchanges: readonly Exchange[], lengthMs: number, baselineMs: number | null): readonly RecordedPhase[] {
  const windowMs = Math.max(windowMsMin, lengthMs / windowsMax);
  const count = Math.max(1, Math.floor(lengthMs / windowMs));
  const windows = Array.from({ length: count }, (_, index): Stretch => ({ fromMs: index * windowMs, toMs: index === count - 1 ? Math.max(lengthMs, 1) : (index + 1) * windowMs, exchanges: [] }));
  for (const exchange of exchanges) {
    if (exchange.end !== "caller_gone" && exchange.end !== "excluded") windows[Math.min(count - 1, Math.floor(exchange.atMs / windowMs))]!.exchanges.push(exchange);
  }
  return windows.reduce<Stretch[]>(joined, []).map((stretch) => phaseOf(stretch, baselineMs));
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly exchanges: Exchange[];
}

function joined(stretches: Stretch[], next: Stretch): Stretch[] {
  const last = stretches.at(-1);
  if (last === undefined || !alike(last.exchanges, next.exchanges)) return [...stretches, next];
  return [...stretches.slice(0, -1), { fromMs: last.fromMs, toMs: next.toMs, exchanges: [...last.exchanges, ...next.exchanges] }];
}

function alike(a: readonly Exchange[], b: readonly Exchange[]): boolean {
  if (a.length === 0 || b.length === 0) return true;
  const [aLow, aHigh] = wilson(badOf(a), a.length);
  const [bLow, bHigh] = wilson(badOf(b), b.length);
  if (aHigh < bLow || bHigh < aLow) return false;
  const [aTimes, bTimes] = [firstTokens(a), firstTokens(b)];
  if (aTimes.length < latencySamplesMin || bTimes.length < latencySamplesMin) return true;
  const ratio = quantile(aTimes, 0.5) / quantile(bTimes, 0.5);
  return ratio < latencyStep && 1 / ratio < latencyStep;
}

const badOf = (exchanges: readonly Exchange[]) => exchanges.filter(({ end }) => end === "failed" || end === "truncated").length;
const firstTokens = (exchanges: readonly Exchange[]) => exchanges.flatMap(({ end, firstTokenMs }) => (end === "answered" && firstTokenMs !== null ? [firstTokenMs] : []));

function phaseOf({ fromMs, toMs, exchanges }: Stretch, baselineMs: number | null): RecordedPhase {
  const failures = exchanges.flatMap(({ failure }) => failure ?? []);
  const begun = exchanges.filter(({ end }) => end !== "failed");
  const times = firstTokens(exchanges);
  const factor = baselineMs === null || times.length < latencySamplesMin ? 1 : quantile(times, 0.5) / baselineMs;
  return {
    fromMs,
    toMs,
    requests: exchanges.length,
    errorRate: exchanges.length === 0 ? 0 : rounded(failures.length / exchanges.length, 4),
    statusMix: mixOf(failures),
    streamTruncationRate: begun.length === 0 ? 0 : rounded(begun.filter(({ end }) => end === "truncated").length / begun.length, 4),
    latencyFactor: factor < latencyFactorMin ? 1 : rounded(factor, 2),
  };
}

function mixOf(failures: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const failure of failures) counts[failure] = (counts[failure] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).map(([failure, count]) => [failure, count / failures.length]));
}
