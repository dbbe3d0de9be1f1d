import { halfWidthMax, jointZ, requestsFor } from "../../../kernel/intervals.ts";
import type { Deployment, PlannedPhase } from "../../../kernel/plan.ts";
import { wilson } from "../../../kernel/stats.ts";
import type { Subject } from "./subject.ts";

/** What a client that is hit sees of a phase. */
export interface Rates {
  /** Of the requests. */
  readonly errors: number;
  /** Of those that do not fail. */
  readonly truncated: number;
  /** Of those that neither fail nor are cut. */
  readonly wrong: number;
}

/** The rates over all clients where only a share of them is hit. */
export function ratesOf({ errorRate, streamTruncationRate, wrongOutputRate, select }: PlannedPhase): Rates {
  const share = select?.clientShare ?? 1;
  const errors = share * errorRate;
  const cut = share * (1 - errorRate) * streamTruncationRate;
  const wrong = share * (1 - errorRate) * (1 - streamTruncationRate) * wrongOutputRate;
  const answered = 1 - errors;
  const whole = answered - cut;
  return { errors, truncated: answered <= 0 ? 0 : cut / answered, wrong: whole <= 0 ? 0 : wrong / whole };
}

/** Share of a phase's failures that are a name which does not resolve. */
export function dnsShareOf(phase: PlannedPhase): number {
  return phase.errorRate > 0 ? (phase.statusMix["dns"] ?? 0) : 0;
}

/** The phase as a provider plays it: only what reaches it can fail there. */
export function withoutDns(phase: PlannedPhase): PlannedPhase {
  if (!("dns" in phase.statusMix)) return phase;
  const dns = dnsShareOf(phase);
  const { dns: _, ...rest } = phase.statusMix;
  const reached = 1 - phase.errorRate * dns;
  const errorRate = reached <= 0 ? 0 : Math.min(1, (phase.errorRate * (1 - dns)) / reached);
  const statusMix = Object.fromEntries(Object.entries(rest).map(([status, weight]) => [status, weight / (1 - dns)]));
  return { ...phase, errorRate, statusMix: errorRate > 0 ? statusMix : {} };
}

/**
 * First tokens of a phase, ms: half come before. Null where only a share of the clients is slow: their median is no
 * simple number.
 */
export function medianFirstTokenMs(phase: PlannedPhase, deployment: Deployment): number | null {
  const slow = phase.latencyFactor !== 1 || phase.addedLatencyMs !== 0;
  if (slow && (phase.select?.clientShare ?? 1) < 1) return null;
  return deployment.latency.firstTokenMsP50 * phase.latencyFactor + phase.addedLatencyMs;
}

/** So many at least: of what is expected always, or never, one that is not would be seen. */
const requestsMin = 150;
/** Beyond this a phase's rarest rate is left with a wider interval. */
const requestsMax = 20_000;
/** Rarer things than errors must be seen to happen at all. */
const sightingsMin = 25;
/** Answers, a third of them streams: the median of first tokens is then known to about 15 %. */
const answersMin = 300;

/** Requests whose interval is narrow enough even when two standard deviations more, or fewer, fail than planned. */
function requestsForSure(rate: number, z: number): number {
  let count = requestsFor(rate, z);
  for (let round = 0; round < 20 && rate > 0 && rate < 1; round++) {
    const strayed = rate + (rate < 0.5 ? 2 : -2) * Math.sqrt((rate * (1 - rate)) / count);
    const [low, high] = wilson(Math.max(0, strayed) * count, count, z);
    if ((high - low) / 2 <= halfWidthMax(rate)) break;
    count = Math.ceil(count * 1.1);
  }
  return count;
}

/** Requests that show all rates of a phase, each to its half-width at `z`. */
export function requestsNeeded(phase: PlannedPhase, z: number): number {
  const { errors, truncated, wrong } = ratesOf(phase);
  const rare = (rate: number, among: number) => (rate <= 0 || among <= 0 ? 0 : Math.max(requestsFor(rate, z), sightingsMin / rate) / among);
  const answered = 1 - errors;
  const counts = [requestsForSure(errors, z), rare(truncated, answered), rare(wrong, answered * (1 - truncated)), answered <= 0 ? 0 : answersMin / answered];
  return Math.ceil(Math.min(requestsMax, Math.max(requestsMin, ...counts)));
}

/** Intervals that are drawn of a subject, at most. */
export function intervalsOf({ phases }: Subject): number {
  return phases.reduce((sum, phase) => sum + 5 + Object.keys(phase.statusMix).length, 0);
}

/** z at which all of so many intervals hold at once with 99 %. */
export const familyZ = (intervals: number): number => jointZ(Math.max(1, intervals), 0.99);
