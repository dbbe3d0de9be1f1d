import { timesFirstTokens } from "../../kernel/load-source.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Measures, Range } from "../../kernel/verdict.ts";
import { countsReported, firstAlarmMs, observedCounts } from "./burn-rate.ts";
import { badCauses } from "../../kernel/judgement.ts";
import type { Judged } from "./classify.ts";
import { dipOf } from "./dip.ts";
import { effortOf } from "./effort.ts";
import type { ExcessSources } from "./excess.ts";
import { herdOf } from "./herd.ts";
import { idleReplicasOf } from "./idle-replicas.ts";
import { lostDemandOf } from "./lost-demand.ts";
import { moneyOf } from "./money.ts";
import { packagesOf } from "./packages.ts";
import { badCellsOf, reachOf } from "./reach.ts";
import { containmentOf, depthOf, durationOf, minusControl } from "./radius.ts";
import { recoveryCostOf } from "./recovery-cost.ts";
import { recoveryOf } from "./recovery.ts";
import { sendsOf } from "./sends.ts";
import { badWindowShare, exposureSpan, judgedWithin, steadySpan, unitWindows } from "./windows.ts";

/** The control's figures, which are subtracted from the exposure's. */
export interface Control {
  readonly kind: "self" | "paired";
  readonly badWindowShare: Range;
  readonly badShare: number;
  /** Cells that were bad in the steady state of the run itself. */
  readonly badCells: readonly string[];
}

/**
 * The control of the plan's kind: the run's own steady state, or the exposure of the paired run. Null when there is no
 * demand in it.
 */
export function controlOf(plan: Plan, sources: ExcessSources): Control | null {
  const { control: kind } = plan.measure;
  const source = kind === "self" ? sources.judged : sources.paired?.judged;
  if (source === undefined) return null;
  const span = kind === "self" ? steadySpan(plan) : exposureSpan(plan);
  const badWindows = badWindowShare(unitWindows(span, source, plan.measure));
  const badShare = badShareOf(judgedWithin(span, source));
  return badWindows === null || badShare === null ? null : { kind, badWindowShare: badWindows, badShare, badCells: badCellsOf(plan, sources) };
}

/** Share of the requests that are bad; null for none. */
export function badShareOf(requests: readonly Judged[]): number | null {
  return requests.length === 0 ? null : requests.filter(({ state }) => state === "bad").length / requests.length;
}

/** Every measure of the exposure (docs/metrics.md). Null when nothing was sent in it. */
export function measuresOf(plan: Plan, records: RunRecords, seen: ExcessSources & { readonly control: Control; readonly pairedWire: RunRecords["wire"] }): Measures | null {
  const span = exposureSpan(plan);
  const requests = judgedWithin(span, seen.judged);
  const windows = unitWindows(span, seen.judged, plan.measure);
  const share = badWindowShare(windows);
  const sent = requests.filter(({ record }) => record.sentMs !== null);
  if (share === null || sent.length === 0) return null;
  const bad = requests.filter(({ state }) => state === "bad");
  const badShare = bad.length / requests.length;
  const { amplification, tokenWaste } = effortOf(requests, { wire: records.wire, all: seen.judged, arrived: (atMs) => atMs >= span.fromMs && atMs <= span.toMs });
  const run = { judged: seen.judged, wire: records.wire };
  const paired = seen.paired === null ? null : { judged: seen.paired.judged, wire: seen.pairedWire };
  const sends = sendsOf(plan, records.client);
  const { recoveryMs, recoveryObservedMs, applicable } = recoveryOf(plan, seen.judged);
  return {
    blastRadius: lostDemandOf(plan, seen),
    badWindowShare: minusControl(share, seen.control.badWindowShare),
    control: seen.control,
    reach: reachOf(plan, seen),
    depth: depthOf(windows),
    durationMs: durationOf(windows),
    containment: containmentOf(plan, windows),
    silentShare: bad.length === 0 ? 0 : bad.filter(({ silent }) => silent).length / bad.length,
    badShare,
    errorBudgetBurned: badShare / (1 - plan.measure.burnRate.slo),
    causes: Object.fromEntries(badCauses.map((cause) => [cause, bad.filter((judged) => judged.cause === cause).length])),
    amplification,
    ...(sends !== null && { sends }),
    tokenWaste,
    money: moneyOf(plan, run, { paired, arrivals: seen.arrivals }),
    ...herdOf(plan, records.wire),
    dip: dipOf(plan, seen.judged),
    idleReplicas: idleReplicasOf(plan, records.client),
    packages: packagesOf(plan, { judged: seen.judged, faults: records.faults, arrivals: seen.arrivals }),
    recoveryCost: recoveryCostOf(plan, run, paired),
    wrongAnswers: seen.judged.filter(({ wrong }) => wrong !== null).length,
    ...detectionsOf(plan, records, seen.judged),
    recoveryApplicable: applicable,
    recoveryMs,
    recoveryObservedMs,
    latency: latencyOf(sent, timesFirstTokens(records.loadSource)),
  };
}

function detectionsOf(plan: Plan, records: RunRecords, judged: readonly Judged[]): Pick<Measures, "detectionMs" | "gatewayDetectionMs"> {
  const { faultFromMs, endMs } = plan.timeline;
  const span = { fromMs: faultFromMs, toMs: endMs };
  const sinceFault = (alarmMs: number | null) => (alarmMs === null ? null : alarmMs - faultFromMs);
  const gatewayDetectionMs = sinceFault(firstAlarmMs(countsReported(records.counted), plan.measure.burnRate, span));
  if (plan.alarmBy === "gateway") return { detectionMs: gatewayDetectionMs, gatewayDetectionMs };
  return { detectionMs: sinceFault(firstAlarmMs(observedCounts(judged), plan.measure.burnRate, span)), gatewayDetectionMs };
}

/** Of all that was sent, from the intended send. What never had a first token waited for it until its end. */
function latencyOf(sent: readonly Judged[], tokensTimed: boolean): Measures["latency"] {
  const firstTokens = tokensTimed ? sent.map(({ record }) => (record.firstTokenMs ?? record.endMs) - record.intendedMs) : [];
  const gaps = tokensTimed ? sent.flatMap(({ record }) => record.gapMsMax ?? []) : [];
  const totals = sent.map(({ record }) => record.endMs - record.intendedMs);
  return {
    firstTokenMsP50: quantileOrNull(firstTokens, 0.5),
    firstTokenMsP99: quantileOrNull(firstTokens, 0.99),
    gapMsP50: quantileOrNull(gaps, 0.5),
    gapMsP99: quantileOrNull(gaps, 0.99),
    totalMsP50: quantile(totals, 0.5),
    totalMsP99: quantile(totals, 0.99),
  };
}

function quantileOrNull(values: readonly number[], share: number): number | null {
  return values.length === 0 ? null : quantile(values, share);
}
