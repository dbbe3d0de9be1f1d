import { timesFirstTokens } from "../../kernel/load-source.ts";
import type { Arrival, Plan, Timeline } from "../../kernel/plan.ts";
import type { ComponentExit, RunEnd, RunRecords } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { attributed, attributionOf, attributionSentences } from "./attribution.ts";
import { seconds } from "./format.ts";
import { gatewayCountsOf } from "./gateway-counts.ts";
import { actionSentences, bypassedTeams } from "./bypassed.ts";
import { booksOf } from "./books.ts";
import { classify, type Judged } from "./classify.ts";
import { unmeasured, type InputsEvidence } from "./inputs.ts";
import { errorAnswersOf } from "./error-answers.ts";
import { lagMsMaxOf } from "./lag.ts";
import { beforeCut, judgedAfterCut, metastabilityOf, metastableSentence } from "./load-cut.ts";
import { measureExpectations } from "./expectations.ts";
import { withHand } from "./by-hand.ts";
import { handSentences } from "./hand-faults.ts";
import { knowledgeOf } from "./knowledge.ts";
import { packageSentences } from "./packages.ts";
import type { JudgedRun } from "./excess.ts";
import { controlOf, measuresOf } from "./measures.ts";
import { decide, decideUnmeasured, type RunEvidence } from "./decide.ts";
import { reportedUsageOf, usageSentences } from "./usage.ts";
import { unjudgedOf } from "./unjudged.ts";
import { exposureSpan, judgedWithin, steadySpan, unitWindows } from "./windows.ts";

/** What else a verdict may rest on. */
export interface JudgeOptions {
  /**
   * `arrivals.ndjson`: with it the observer knows what each request asked, and checks that the records are of these
   * arrivals.
   */
  readonly arrivals?: readonly Arrival[];
  /** The run without faults, same seed, for a plan whose control is `paired`; `end` absent: it completed. */
  readonly paired?: RunRecords & { readonly end?: RunEnd };
  /** How the conductor ended the run; absent: it completed. */
  readonly end?: RunEnd;
  /** Whether the plan is what the run's inputs give; absent: nobody compared them. */
  readonly inputs?: InputsEvidence;
}

/** The verdict on a run, from its plan and its raw records alone: pure, so that anybody can recompute it. */
export function judge(planned: Plan, records: RunRecords, options: JudgeOptions = {}): Verdict {
  return examine(planned, records, options).verdict;
}

interface Examined {
  readonly verdict: Verdict;
  readonly judged: readonly Judged[];
  readonly timeline: Timeline;
}

/** The verdict, the requests as it judged them, by arrival, and the timeline as far as it was played. */
export function examine(made: Plan, records: RunRecords, options: JudgeOptions = {}): Examined {
  const planned = withHand(made, records);
  const { cut } = planned.timeline;
  const { arrivals = [], paired } = options;
  if (cut === undefined) return examineUncut(planned, records, options);
  const kept = beforeCut({ plan: planned, records, arrivals }, cut);
  const keptPaired = paired === undefined ? {} : { paired: beforeCut({ plan: planned, records: paired, arrivals }, cut).records };
  const { verdict, judged } = examineUncut(kept.plan, kept.records, { ...options, arrivals: kept.arrivals, ...keptPaired });
  const { measures } = verdict;
  if (measures === null || planned.faults.length === 0) return { verdict, judged, timeline: planned.timeline };
  const restored = inOrder(judgedAfterCut({ plan: planned, records, arrivals }, cut));
  const metastable = metastabilityOf(planned, { before: judged, restored, controlBad: measures.control.badShare });
  return {
    verdict: { ...verdict, reasons: [...verdict.reasons, metastableSentence(planned, metastable)], metastable },
    judged: [...judged, ...restored],
    timeline: planned.timeline,
  };
}

function examineUncut(planned: Plan, records: RunRecords, options: JudgeOptions): Examined {
  const inputs = { sha256: options.inputs?.sha256 ?? null, recomputed: options.inputs?.recomputed ?? false };
  if (options.inputs?.planDiffers === true) return { verdict: unmeasured(planned, { ...decideUnmeasured(options.inputs, options.end ?? null), inputs }), judged: [], timeline: planned.timeline };
  const { arrivals, plan } = offeredOf(planned, records, options);
  const knowledge = knowledgeOf(plan, records, arrivals);
  const judged = inOrder(records.client.map((record) => classify(record, knowledge)));
  const unjudged = unjudgedOf(judged, { plan, knowledge, arrivals, end: options.end ?? null });
  const paired = options.paired === undefined || plan.measure.control === "self" ? null : judgedPair(planned, options.paired, options.arrivals ?? []);
  const sources = { judged, unjudged, paired, arrivals };
  const control = controlOf(plan, sources);
  const measures = control === null ? null : measuresOf(plan, records, { ...sources, pairedWire: options.paired?.wire ?? [], control });
  const books = booksOf(plan, judged, { knowledge, wire: records.wire, arrivals });
  const firstTokensTimed = timesFirstTokens(records.loadSource) || judged.every(({ record }) => !record.stream);
  const expectations = measureExpectations(plan.expectations, measures, { exposureMs: exposureLengthMs(plan), firstTokensTimed });
  const load = loadOf(plan, records, judged);
  const decision = decide({ plan, records, judged, knowledge, control, measures, books, expectations, load, end: options.end ?? null, paired, inputs: options.inputs ?? null });
  const attribution = measures === null ? undefined : attributionOf(plan, attributed(plan, exposedBad(plan, judged), { faults: records.faults, all: judged, knowledge }), knowledge);
  const reportedUsage = measures === null ? null : reportedUsageOf(plan, judged, knowledge);
  const bypassed = bypassedTeams(plan, records, { judged, knowledge });
  const verdict: Verdict = {
    schema: "blastlab.verdict/3",
    run: plan.run,
    scenario: plan.scenario,
    stack: plan.stack,
    seed: plan.seed,
    verdict: decision.verdict,
    reasons: [
      ...decision.reasons,
      ...(options.end?.componentExits ?? []).map(exitSentence),
      ...handSentences(plan),
      ...attributionSentences(attribution),
      ...actionSentences(plan, records.actions, bypassed),
      ...packageSentences(plan, measures?.packages ?? null),
      ...usageSentences(plan, reportedUsage),
      ...(options.inputs?.notes ?? []),
    ],
    inputs,
    books,
    measures,
    gatewayCounts: measures === null ? null : gatewayCountsOf(plan, records, { judged, attempts: knowledge.attempts, ...measures }),
    reportedUsage,
    ...(attribution !== undefined && { attribution }),
    ...(bypassed.length > 0 && { bypassed }),
    expectations,
    cells: cellsOf(plan, judged),
    unitWindows: [...unitWindows(steadySpan(plan), judged, plan.measure), ...unitWindows(exposureSpan(plan), judged, plan.measure)],
    errorAnswers: errorAnswersOf(records.client),
    wrong: judged.flatMap(({ record, wrong }) => (wrong === null ? [] : [{ requestId: record.requestId, why: `${wrong.kind}: ${wrong.detail}` }])),
    componentExits: options.end?.componentExits ?? [],
    load,
  };
  return { verdict, judged, timeline: plan.timeline };
}

/** A finding beside the verdict: what it did to the requests is measured already. */
function exitSentence({ component, atMs, how }: ComponentExit): string {
  return `${component} ended by itself at ${seconds(atMs)} (${how}).`;
}

/**
 * The plan as far as it was offered. Of a run that was stopped that is up to the last intended send that has a record:
 * its generator leaves out what was not due yet, and stops a moment after the conductor's word.
 */
function offeredOf(plan: Plan, { client }: RunRecords, { arrivals = [], end }: JudgeOptions): { plan: Plan; arrivals: readonly Arrival[] } {
  if (end === undefined || end.reason === "completed") return { plan, arrivals };
  const cutMs = client.reduce((latest, { intendedMs }) => Math.max(latest, intendedMs), 0);
  const due = arrivals.filter(({ atMs }) => atMs <= cutMs);
  const offered = end.stop === undefined ? plan : stoppedPlan(plan, end.stop.atMs);
  const timeline = { ...offered.timeline, endMs: Math.min(plan.timeline.endMs, cutMs) };
  return { plan: { ...offered, timeline, arrivalCount: arrivals.length === 0 ? client.length : due.length }, arrivals: due };
}

/** The plan whose faults were all lifted then, and none begun after. */
function stoppedPlan(plan: Plan, atMs: number): Plan {
  const faults = plan.faults.filter(({ fromMs }) => fromMs <= atMs).map((fault) => ({ ...fault, toMs: Math.min(fault.toMs, atMs), lifted: true }));
  const actions = plan.actions?.filter((action) => action.atMs <= atMs);
  return { ...plan, faults, ...(actions !== undefined && { actions }), timeline: { ...plan.timeline, faultToMs: Math.min(plan.timeline.faultToMs, atMs) } };
}

/** A control is judged by the run's plan without its faults. */
function judgedPair(planned: Plan, paired: NonNullable<JudgeOptions["paired"]>, arrivals: readonly Arrival[]): JudgedRun & RunEvidence {
  const { actions: _, ...world } = planned;
  const plan = { ...world, faults: [] };
  const knowledge = knowledgeOf(plan, paired, arrivals);
  const judged = inOrder(paired.client.map((record) => classify(record, knowledge)));
  return {
    plan,
    records: paired,
    knowledge,
    judged,
    unjudged: unjudgedOf(judged, { plan, knowledge, arrivals, end: paired.end ?? null }),
    books: booksOf(plan, judged, { knowledge, wire: paired.wire, arrivals }),
    load: loadOf(plan, paired, judged),
    end: paired.end ?? null,
  };
}

/** By arrival, so that the order of the records changes nothing. */
function inOrder(judged: readonly Judged[]): readonly Judged[] {
  return [...judged].sort((a, b) => a.record.arrival - b.record.arrival || (a.record.requestId < b.record.requestId ? -1 : 1));
}

function exposedBad(plan: Plan, judged: readonly Judged[]): readonly Judged[] {
  return judgedWithin(exposureSpan(plan), judged).filter(({ state }) => state === "bad");
}

function exposureLengthMs(plan: Plan): number {
  const { fromMs, toMs } = exposureSpan(plan);
  return toMs - fromMs;
}

function loadOf(plan: Plan, { loadSource }: RunRecords, judged: readonly Judged[]): Verdict["load"] {
  const lateness = judged.flatMap(({ record }) => (record.sentMs === null ? [] : [record.sentMs - record.intendedMs]));
  const dropped = judged.length - lateness.length;
  return {
    generator: loadSource?.generator ?? null,
    instrument: loadSource?.instrument ?? null,
    latenessMsP99: lateness.length === 0 ? 0 : quantile(lateness, 0.99),
    lagMsMax: lagMsMaxOf(plan),
    droppedShare: judged.length === 0 ? 0 : dropped / judged.length,
  };
}

function cellsOf(plan: Plan, judged: readonly Judged[]): Verdict["cells"] {
  const exposed = judgedWithin(exposureSpan(plan), judged);
  return plan.cells.map(({ name }) => {
    const own = exposed.filter(({ cell }) => cell === name);
    return {
      cell: name,
      requests: own.length,
      bad: own.filter(({ state }) => state === "bad").length,
      silent: own.filter(({ silent }) => silent).length,
    };
  });
}
