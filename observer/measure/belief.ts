import type { Plan } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";
import type { Belief } from "../../kernel/verdict.ts";
import { runningTotals } from "./burn-rate.ts";
import type { Judged } from "./classify.ts";
import { exposureSpan, judgedWithin, within } from "./windows.ts";

/** The gateway counts a request when it ends and is read once a second: so much demand may fall on the other side of a border. */
const borderMs = 2_000;
const toleratedShare = 0.05;

/** What the gateway's own metrics say of the exposure, beside what clients and providers saw. The observer's probes are in both. */
export function beliefOf(
  plan: Plan,
  records: RunRecords,
  seen: { readonly judged: readonly Judged[]; readonly detectionMs: number | null; readonly believedDetectionMs: number | null },
): Belief {
  const span = exposureSpan(plan);
  const requests = judgedWithin(span, seen.judged);
  const sent = requests.filter(({ record }) => record.sentMs !== null);
  const bad = sent.filter(({ state }) => state === "bad");
  const observed = {
    requests: sent.length,
    bad: bad.length,
    silent: bad.filter(({ silent }) => silent).length,
    attempts: records.wire.filter(({ arrivedMs }) => arrivedMs >= span.fromMs && arrivedMs <= span.toMs).length,
    probes: records.canary.filter(({ sentMs }) => sentMs >= span.fromMs && sentMs <= span.toMs).length,
    left: seen.judged.filter((each) => each.state === "left" && within(span, each)).length,
  };
  const believed = believedOver(plan, records);
  const slack = (count: number) => Math.max(5, toleratedShare * count, (count * borderMs) / Math.max(1, span.toMs - span.fromMs));
  return {
    ...believed,
    observedRequests: observed.requests,
    observedBad: observed.bad,
    observedAttempts: observed.attempts,
    findings: [
      ...darkFindings(plan, records),
      ...failureFindings(believed.failures, observed, slack(observed.bad)),
      ...countFindings("requests", believed.requests, observed.requests + observed.probes + observed.left, slack(observed.requests) + observed.probes),
      ...countFindings("attempts", believed.attempts, observed.attempts, slack(observed.attempts)),
      ...alarmFindings(seen),
    ],
  };
}

interface Believed {
  readonly requests: number | null;
  readonly failures: number | null;
  readonly attempts: number | null;
}

/** Growth of the counters from the last reading before the exposure (or the first within) to the last one of the run. */
function believedOver(plan: Plan, { believed }: RunRecords): Believed {
  const rows = runningTotals(believed);
  const from = rows.findLast(({ atMs }) => atMs <= plan.timeline.faultFromMs) ?? rows[0];
  const to = rows.at(-1);
  if (from === undefined || to === undefined || to.atMs <= plan.timeline.faultFromMs) return { requests: null, failures: null, attempts: null };
  return { requests: to.total - from.total, failures: to.bad - from.bad, attempts: to.attempts - from.attempts };
}

function darkFindings(plan: Plan, { believed }: RunRecords): readonly string[] {
  const readings = believed.filter(({ atMs }) => atMs >= plan.timeline.faultFromMs && atMs <= plan.timeline.endMs);
  const dark = readings.filter(({ requestsTotal }) => requestsTotal === null).length;
  if (readings.length === 0) return ["The gateway's metrics were never read during the exposure: its dashboard is dark."];
  return dark === 0 ? [] : [`The gateway's metrics could not be read in ${dark} of ${readings.length} tries: its dashboard was dark.`];
}

function failureFindings(
  believed: number | null,
  observed: { readonly bad: number; readonly silent: number },
  slack: number,
): readonly string[] {
  if (believed === null) return [];
  const silent = observed.silent === 0 ? "" : `, ${observed.silent} of them silent: answered as a success`;
  if (observed.bad > believed + slack || (observed.silent > 0 && observed.bad > believed))
    return [`The gateway believed in ${believed} failed requests; its users had ${observed.bad} bad ones${silent}.`];
  if (believed > observed.bad + slack) return [`The gateway believed in ${believed} failed requests; its users had only ${observed.bad} bad ones.`];
  return [];
}

function countFindings(what: string, believed: number | null, observed: number, slack: number): readonly string[] {
  if (believed === null || Math.abs(believed - observed) <= slack) return [];
  return [`The gateway counted ${believed} ${what}; the ${what === "attempts" ? "providers" : "clients"} saw ${observed}.`];
}

function alarmFindings(seen: { readonly detectionMs: number | null; readonly believedDetectionMs: number | null }): readonly string[] {
  const { detectionMs, believedDetectionMs } = seen;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
  if (detectionMs !== null && believedDetectionMs === null)
    return [`The observer's alarm came ${seconds(detectionMs)} after the faults began; the gateway's own metrics raised none.`];
  if (detectionMs === null && believedDetectionMs !== null)
    return [`The gateway's own metrics raised an alarm after ${seconds(believedDetectionMs)}; its users had no reason for one.`];
  if (detectionMs !== null && believedDetectionMs !== null && believedDetectionMs - detectionMs > borderMs)
    return [`The gateway's own metrics raised the alarm ${seconds(believedDetectionMs - detectionMs)} later than the observer's.`];
  return [];
}
