import type { Plan } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";
import type { GatewayCounts } from "../../kernel/verdict.ts";
import { runningTotals } from "./burn-rate.ts";
import { isBypassed, windowsOf } from "./bypassed.ts";
import type { Judged } from "./classify.ts";
import { costFindings, countedCost } from "./counted-cost.ts";
import { seconds } from "./format.ts";
import type { Knowledge } from "./knowledge.ts";

const toleratedShare = 0.02;
const toleratedCount = 5;
const alarmToleranceMs = 2_000;

/**
 * What the gateway's own metrics counted over the exposure, beside what clients and providers recorded of the same
 * requests: those that ended between two readings, the last before the faults and the last of the run. The observer's
 * own probes are in both; what went past the gateways is in neither.
 */
export function gatewayCountsOf(
  plan: Plan,
  records: RunRecords,
  seen: {
    readonly judged: readonly Judged[];
    readonly attempts: Knowledge["attempts"];
    readonly detectionMs: number | null;
    readonly gatewayDetectionMs: number | null;
  },
): GatewayCounts {
  const counted = countedOver(plan, records);
  const observed = observedOver(counted, { ...records, plan }, seen);
  const shown = isShown(plan, records);
  const cost = shown ? countedCost(plan, records, { ...counted, ids: observed.ids, attempts: seen.attempts }) : [];
  return {
    shown,
    countedFromMs: counted.requests === null ? null : counted.fromMs,
    countedToMs: counted.requests === null ? null : counted.toMs,
    requests: counted.requests,
    failures: counted.failures,
    attempts: counted.attempts,
    observedRequests: observed.sends,
    observedBad: observed.bad,
    observedAttempts: observed.attempts,
    cost: cost.map(({ team, countedUsd, billedUsd }) => ({ team, countedUsd, billedUsd })),
    findings: shown
      ? [
          ...darkFindings(plan, records),
          ...failureFindings(counted.failures, observed),
          ...countFindings("requests", counted.requests, observed.sends),
          ...countFindings("attempts", counted.attempts, observed.attempts),
          ...costFindings(cost),
          ...alarmFindings(seen, observed),
        ]
      : [],
  };
}

/**
 * Metrics that nobody configured, and pages without a counter that the lab knows, show nothing: that is no finding
 * about the gateway.
 */
function isShown({ metricsDeclared }: Plan, { counted }: RunRecords): boolean {
  return metricsDeclared && (counted.length === 0 || counted.some(({ shown }) => shown !== false));
}

interface Counted {
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number | null;
  readonly failures: number | null;
  readonly attempts: number | null;
}

/**
 * Growth of the counters from the last reading before the exposure (or the first within) to the last one of the run.
 */
function countedOver(plan: Plan, { counted }: RunRecords): Counted {
  const { faultFromMs } = plan.timeline;
  const rows = runningTotals(counted);
  const from = rows.findLast(({ atMs }) => atMs <= faultFromMs) ?? rows[0];
  const to = rows.at(-1);
  if (from === undefined || to === undefined || to.atMs <= faultFromMs)
    return { fromMs: faultFromMs, toMs: Infinity, requests: null, failures: null, attempts: null };
  return { fromMs: from.atMs, toMs: to.atMs, requests: to.total - from.total, failures: to.bad - from.bad, attempts: to.attempts - from.attempts };
}

interface Observed {
  /** Of requests and probes. */
  readonly ids: readonly string[];
  /** Of them, with what clients sent before their last attempts. */
  readonly sends: number;
  readonly bad: number;
  readonly silent: number;
  readonly attempts: number;
}

function observedOver(
  { fromMs, toMs }: Counted,
  { plan, canary, wire, actions }: RunRecords & { readonly plan: Plan },
  { judged, attempts }: { readonly judged: readonly Judged[]; readonly attempts: Knowledge["attempts"] },
): Observed {
  const inside = (atMs: number) => atMs > fromMs && atMs <= toMs;
  const windows = windowsOf(plan, actions);
  // What a client sent again is a request of its own to the gateway.
  const retried = judged.filter(({ record }) => !isBypassed(record, windows)).flatMap(({ record }) => record.earlierAttempts?.filter(({ endMs }) => inside(endMs)) ?? []);
  const requests = judged.filter(({ record }) => record.sentMs !== null && inside(record.endMs) && !isBypassed(record, windows));
  const probes = canary.filter(({ endMs }) => inside(endMs));
  const ids = [...requests.map(({ record }) => record.requestId), ...probes.map(({ probe }) => probe)];
  const unnamed = wire.filter(({ identity, endedMs }) => identity === "digest" && inside(endedMs)).length;
  return {
    ids,
    sends: ids.length + retried.length,
    bad: retried.length + requests.filter(({ state }) => state === "bad").length + probes.filter(({ ok }) => !ok).length,
    silent: requests.filter(({ silent }) => silent).length,
    attempts: ids.reduce((total, id) => total + (attempts.get(id)?.length ?? 0), unnamed),
  };
}

function darkFindings(plan: Plan, { counted }: RunRecords): readonly string[] {
  const readings = counted.filter(({ atMs }) => atMs >= plan.timeline.faultFromMs && atMs <= plan.timeline.endMs);
  const dark = readings.filter(({ requestsTotal }) => requestsTotal === null).length;
  if (readings.length === 0) return ["The gateway's metrics were never read during the exposure: its dashboard is dark."];
  if (dark === 0) return [];
  const last = counted.findLast(({ requestsTotal }) => requestsTotal !== null);
  const isOver = last !== undefined && last !== counted.at(-1);
  return [
    `The gateway's metrics could not be read in ${dark} of ${readings.length} tries: its dashboard was dark.`,
    ...(isOver ? [`They were last read at ${seconds(last.atMs)}: what the gateway counted later is not known.`] : []),
  ];
}

function failureFindings(counted: number | null, { bad, silent }: Observed): readonly string[] {
  if (counted === null) return [];
  const unseen = silent === 0 ? "" : `, ${silent} of them silent: answered as a success`;
  if (bad > counted && (silent > 0 || differ(counted, bad))) return [`The gateway counted ${counted} failed requests; ${bad} bad ones were observed${unseen}.`];
  return counted > bad && differ(counted, bad) ? [`The gateway counted ${counted} failed requests; only ${bad} bad ones were observed.`] : [];
}

function countFindings(what: "requests" | "attempts", counted: number | null, observed: number): readonly string[] {
  if (counted === null || !differ(counted, observed)) return [];
  return [`The gateway counted ${counted} ${what}; ${observed} were observed at the ${what === "attempts" ? "providers" : "clients"}.`];
}

/** A few requests end on the other side of a reading for the one than for the other. */
function differ(counted: number, observed: number): boolean {
  return Math.abs(counted - observed) > Math.max(toleratedCount, toleratedShare * observed);
}

/** Failures that a client's retry made good are a reason for an alarm, and its user saw none. */
function alarmFindings(seen: { readonly detectionMs: number | null; readonly gatewayDetectionMs: number | null }, { ids, sends }: Observed): readonly string[] {
  const { detectionMs, gatewayDetectionMs } = seen;
  const whole = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
  if (detectionMs !== null && gatewayDetectionMs === null)
    return [`The observer's alarm came ${whole(detectionMs)} after the faults began; the gateway's own metrics raised none.`];
  if (detectionMs === null && gatewayDetectionMs !== null && sends === ids.length)
    return [`The gateway's own metrics raised an alarm after ${whole(gatewayDetectionMs)}; nothing that was observed gives reason for one.`];
  if (detectionMs !== null && gatewayDetectionMs !== null && gatewayDetectionMs - detectionMs > alarmToleranceMs)
    return [`The gateway's own metrics raised the alarm ${whole(gatewayDetectionMs - detectionMs)} later than the observer's.`];
  return [];
}
