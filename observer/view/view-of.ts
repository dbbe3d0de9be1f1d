import type { Plan } from "../../kernel/plan.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import type { RunMade } from "../../kernel/run-made.ts";
import { actionsTable, bypassedTable, notesTable } from "./actions.ts";
import { badRequestsTable, badSamples } from "./bad-requests.ts";
import type { Evidence } from "./evidence.ts";
import { faultsTable } from "./faults.ts";
import { figuresOf } from "./figures.ts";
import { headlineOf } from "./headline.ts";
import { figure, seconds } from "../measure/format.ts";
import { marksOf } from "./marks.ts";
import { attributionTable, booksTable, causesTable, cellsTable, errorAnswersTable, expectationsTable, gatewayCountsTable, hitCellsTable, overloadTable, packagesTable, reportedUsageTable, wrongAnswersTable } from "./outcome-tables.ts";
import { withHand } from "../measure/by-hand.ts";
import { ms, share } from "../measure/quantity.ts";
import { madeFacts } from "./made-facts.ts";
import { notMeasuredOf } from "./not-measured.ts";
import { postMortemOf } from "./post-mortem/post-mortem.ts";
import { policyTable, slosTable } from "./rules.ts";
import { deploymentsTable, probesTable } from "./record-tables.ts";
import type { RunView } from "./run-view.ts";
import { seriesOf } from "./series.ts";
import { stagesTable } from "./stages.ts";
import { worldOf } from "./world.ts";

export interface ViewInput {
  readonly plan: Plan;
  readonly verdict: Verdict;
  /**
   * The records, and the requests as the verdict judged them. Without them the view has no series, and no table of
   * stages, deployments and probes.
   */
  readonly evidence?: Omit<Evidence, "plan">;
  readonly ran?: RanAs;
}

/** How and when the run was made. */
export interface RanAs {
  /** Null: not known. */
  readonly made: RunMade | null;
  /** Unix ms of the timeline's zero; null: not known. */
  readonly epochMs: number | null;
  /** On the timeline; null: the run was never closed. */
  readonly endedMs: number | null;
}

/** What a run looks like. Every number is of the plan, the verdict or the records. */
export function viewOf({ plan: kept, verdict, evidence: given, ran }: ViewInput): RunView {
  const planned = given === undefined ? kept : withHand(kept, given.records);
  const plan = { ...planned, timeline: given?.timeline ?? planned.timeline };
  const evidence = given === undefined ? null : { plan, ...given };
  const injected = evidence?.records.faults ?? [];
  const made = ran?.made ?? null;
  const samples = evidence === null ? [] : badSamples(evidence);
  const tables = [
    expectationsTable(verdict),
    causesTable(verdict),
    attributionTable(verdict),
    overloadTable(verdict.attribution),
    gatewayCountsTable(verdict.gatewayCounts),
    reportedUsageTable(plan, verdict.reportedUsage),
    ...(evidence === null ? [] : [stagesTable(evidence)]),
    packagesTable(verdict),
    cellsTable(verdict),
    hitCellsTable(verdict),
    ...(evidence === null ? [] : [deploymentsTable(plan, evidence.records.wire), probesTable(plan, evidence.records.canary)]),
    faultsTable(plan, { records: injected, judged: evidence?.judged ?? null, attribution: verdict.attribution }),
    actionsTable(plan, evidence?.records.actions ?? []),
    notesTable(evidence?.records.notes ?? []),
    bypassedTable(verdict),
    badRequestsTable(samples),
    errorAnswersTable(verdict),
    slosTable(plan),
    policyTable(made),
    booksTable(verdict.books),
    wrongAnswersTable(verdict),
  ];
  return {
    run: plan.run,
    scenario: plan.scenario,
    stack: plan.stack,
    title: plan.title,
    seed: plan.seed,
    verdict: verdict.verdict,
    headline: headlineOf(plan, verdict),
    reasons: verdict.reasons,
    figures: verdict.measures === null ? [] : figuresOf(plan, verdict.measures, verdict.gatewayCounts?.shown ?? true),
    tables: tables.filter(({ rows }) => rows.length > 0),
    series: evidence === null ? null : seriesOf(evidence),
    marks: marksOf(plan, verdict, evidence?.records ?? { faults: [] }),
    postMortem: postMortemOf({ plan, verdict, evidence }),
    world: worldOf(plan),
    samples,
    notMeasured: notMeasuredOf(plan, verdict, { made, evidence }),
    facts: [...factsOf(plan, verdict), ...(ran === undefined ? [] : madeFacts(ran))],
  };
}

function factsOf(plan: Plan, { load, inputs }: Verdict): RunView["facts"] {
  const { faultFromMs, faultToMs, endMs } = plan.timeline;
  return [
    { label: "run", value: plan.run },
    { label: "scenario", value: plan.scenario },
    { label: "stack", value: plan.stack },
    { label: "seed", value: String(plan.seed) },
    { label: "speed", value: `${figure(plan.speed)} (compression of the fault timeline)` },
    { label: "inputs", value: inputs.sha256 === null ? "not known" : `sha256 ${inputs.sha256}${inputs.recomputed ? "; plan and arrivals recomputed from them" : ""}` },
    { label: "exposure", value: `${seconds(faultFromMs)} to ${seconds(endMs)}, faults lifted at ${seconds(faultToMs)}` },
    { label: "load offered by", value: load.generator ?? "not known" },
    { label: "answers timed by", value: load.instrument ?? "not known" },
    { label: "load lateness p99", value: ms(load.latenessMsP99) },
    ...(plan.measure.lagMsMax === undefined ? [] : [{ label: "lag tolerated", value: ms(plan.measure.lagMsMax) }]),
    { label: "load dropped", value: share(load.droppedShare) },
    { label: "latency profiles", value: plan.deployments.map(({ name, latency }) => `${name}: ${latency.source}`).join("; ") },
  ];
}
