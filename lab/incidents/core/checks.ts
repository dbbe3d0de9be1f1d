import { halfWidthMax, medianInterval } from "../../../kernel/intervals.ts";
import type { PlannedPhase } from "../../../kernel/plan.ts";
import type { WireRecord } from "../../../kernel/records.ts";
import { quantile, wilson } from "../../../kernel/stats.ts";
import type { Seen } from "./driver.ts";
import { dnsShareOf, medianFirstTokenMs, ratesOf, withoutDns } from "./rates.ts";
import type { Subject } from "./subject.ts";

/** One thing that a phase was expected to show, and what was seen of it. */
export interface Check {
  /** `errors`, `dns failures`, `status 503`, `truncated`, `wrong`, `first token`, `phase`, or `spared: other model`. */
  readonly what: string;
  readonly tap: "client" | "wire";
  /** A share, 0..1; ms for `first token`. */
  readonly expected: number;
  /** Null: nothing to see it by. */
  readonly observed: number | null;
  /**
   * Interval of what was observed, all intervals of the verification at once; null where only the exact value will do.
   */
  readonly interval: readonly [low: number, high: number] | null;
  /** Requests that it is seen by. */
  readonly of: number;
  readonly agrees: boolean;
}

export interface PhaseChecks {
  readonly phase: PlannedPhase;
  readonly checks: readonly Check[];
  /**
   * Requests meant for it that were sent, or arrived, after its end: what became of them shows another phase, so no
   * check counts them.
   */
  readonly late: number;
  readonly agrees: boolean;
}

export interface SightOptions {
  readonly subject: Subject;
  readonly seen: readonly Seen[];
  readonly wire: readonly WireRecord[];
  readonly z: number;
  /** What the machine may add to a first token, ms; 0 where time is virtual. */
  readonly allowanceMs: number;
}

/** What both taps show of each phase. Pure: it can be recomputed from a recording. */
export function phaseChecks(options: SightOptions): readonly PhaseChecks[] {
  const { subject, seen, wire } = options;
  const records = new Map(wire.map((record) => [record.requestId, record]));
  const byPhase = Map.groupBy(seen, ({ phase }) => phase);
  return subject.phases.map((phase) => {
    const sent = byPhase.get(phase.index) ?? [];
    const mine = sent.filter(({ id, sentMs }) => Math.max(sentMs, records.get(id)?.arrivedMs ?? sentMs) < phase.toMs);
    const hit = mine.filter(({ population }) => subject.populations[population]!.hit);
    const scene: Scene = { ...options, phase, hit, records };
    const checks = [...errorChecks(scene), ...answerChecks(scene), ...placeChecks(scene), ...sparedChecks(scene, mine)];
    return { phase, checks, late: sent.length - mine.length, agrees: checks.every(({ agrees }) => agrees) };
  });
}

interface Scene extends SightOptions {
  readonly phase: PlannedPhase;
  readonly hit: readonly Seen[];
  readonly records: ReadonlyMap<string, WireRecord>;
}

const broken: ReadonlySet<WireRecord["fate"]> = new Set(["error", "reset", "timeout"]);

function errorChecks({ phase, hit, records, z }: Scene): readonly Check[] {
  const expected = ratesOf(phase).errors;
  const failed = hit.filter(({ end }) => end === "failed");
  const arrived = hit.flatMap(({ id }) => records.get(id) ?? []);
  const seenByProvider = arrived.filter(({ fate }) => broken.has(fate)).length;
  const dns = failed.filter(({ how }) => how === "dns");
  const mix = Object.entries(phase.errorRate > 0 ? phase.statusMix : {});
  const others = failed.filter(({ how }) => how === null || !(how in phase.statusMix));
  return [
    share({ what: "errors", tap: "client", expected, hits: failed.length, of: hit.length, z, halfWidth: halfWidthMax(expected) }),
    share({ what: "errors", tap: "wire", expected: ratesOf(withoutDns(phase)).errors, hits: seenByProvider, of: arrived.length, z }),
    ...(failed.length === 0 ? [] : mix.map(([status, weight]) => share({ what: `status ${status}`, tap: "client", expected: weight, hits: failed.filter(({ how }) => how === status).length, of: failed.length, z }))),
    ...(failed.length === 0 ? [] : [share({ what: "other failures", tap: "client", expected: 0, hits: others.length, of: failed.length, z })]),
    ...(dnsShareOf(phase) === 0 ? [] : [share({ what: "dns failures", tap: "wire", expected: 0, hits: dns.filter(({ id }) => records.has(id)).length, of: dns.length, z })]),
  ];
}

function answerChecks({ phase, hit, z, subject, allowanceMs }: Scene): readonly Check[] {
  const { truncated, wrong } = ratesOf(phase);
  const answered = hit.filter(({ end }) => end !== "failed");
  const uncut = answered.filter(({ end }) => end !== "truncated");
  return [
    ...(answered.length === 0 ? [] : [share({ what: "truncated", tap: "client", expected: truncated, hits: answered.length - uncut.length, of: answered.length, z, mustShow: true })]),
    ...(uncut.length === 0 ? [] : [share({ what: "wrong", tap: "client", expected: wrong, hits: uncut.filter(({ end }) => end === "wrong").length, of: uncut.length, z, mustShow: true })]),
    ...firstTokenCheck({ expected: medianFirstTokenMs(phase, subject.populations[0]!.deployment), answered, z, allowanceMs }),
  ];
}

function firstTokenCheck(options: { expected: number | null; answered: readonly Seen[]; z: number; allowanceMs: number }): readonly Check[] {
  const { expected, answered, z, allowanceMs } = options;
  if (expected === null) return [];
  const times = answered.flatMap(({ firstTokenMs }) => firstTokenMs ?? []);
  const interval = medianInterval(times, z);
  if (interval === null) return [];
  const agrees = interval[0] - allowanceMs <= expected && expected <= interval[1];
  return [{ what: "first token", tap: "client", expected, observed: quantile(times, 0.5), interval, of: times.length, agrees }];
}

/** Every attempt of the wire log was in the phase that its client was in. */
function placeChecks({ phase, hit, records, subject, z }: Scene): readonly Check[] {
  const arrived = hit.flatMap(({ id }) => records.get(id) ?? []);
  const some = phase.select?.clientShare !== undefined;
  const right = arrived.filter((record) => (record.phase === phase.index && record.incident === subject.incident) || (some && record.incident === null));
  const sent = hit.filter(({ how }) => how !== "dns").length;
  return [
    ...(arrived.length === 0 ? [] : [share({ what: "phase", tap: "wire", expected: 1, hits: right.length, of: arrived.length, z })]),
    ...(sent === 0 ? [] : [share({ what: "recorded", tap: "wire", expected: 1, hits: arrived.length, of: sent, z })]),
  ];
}

/** Requests that the incident does not hit are answered, whole and right. */
function sparedChecks({ phase, subject, records, z }: Scene, mine: readonly Seen[]): readonly Check[] {
  return subject.populations.flatMap((population, index) => {
    if (population.hit || !population.phases.includes(phase.index)) return [];
    const spared = mine.filter((seen) => seen.population === index);
    const noticed = spared.filter(({ id, end }) => end !== "whole" || records.get(id)?.incident !== null).length;
    return [share({ what: `spared: ${population.name}`, tap: "client", expected: 0, hits: noticed, of: spared.length, z })];
  });
}

/** What is expected so often must show: that it does not is one chance in a million. */
const certainOf = 14;

/**
 * A share of requests. What is expected of none, or of all, must be so exactly; `mustShow`: what is expected often
 * enough must have happened; `halfWidth`: there must be so many requests that the interval of what is expected is at
 * most so wide to either side.
 */
function share(options: { what: string; tap: Check["tap"]; expected: number; hits: number; of: number; z: number; halfWidth?: number; mustShow?: boolean }): Check {
  const { what, tap, expected, hits, of, z, halfWidth = Infinity, mustShow = false } = options;
  if (of === 0) return { what, tap, expected, observed: null, interval: null, of, agrees: halfWidth === Infinity };
  const observed = hits / of;
  const interval = wilson(hits, of, z);
  const exact = expected === 0 || expected === 1;
  const [low, high] = wilson(expected * of, of, z);
  const enough = (high - low) / 2 <= halfWidth;
  const holds = exact ? observed === expected : interval[0] - 1e-9 <= expected && expected <= interval[1] + 1e-9;
  return { what, tap, expected, observed, interval: exact && halfWidth === Infinity ? null : interval, of, agrees: holds && enough && (!mustShow || expected * of < certainOf || hits > 0) };
}
