import type { Arrival, Plan } from "../../kernel/plan.ts";
import { studentT, sum } from "../../kernel/stats.ts";
import type { BlastRadius, Range } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";
import type { Unjudged } from "./unjudged.ts";
import { exposureSpan, judgedWithin, steadySpan } from "./windows.ts";

/** A fault that is shorter counts as this long: its demand would else be a handful of requests. */
const spanMsMin = 10_000;
/** Requests of the fleet's steady state that each cell's own leans on, so that a sparse cell has an expectation. */
const fleetWeight = 20;
/** With fewer clients in a cell, leaving one out says nothing of the others. */
const clientsMin = 10;

/** Counts of some requests: of one client of a cell, or of the whole cell. */
interface Tally {
  /** Offered while a fault was in force. */
  demand: number;
  /** Intended from the first fault's start on, or still open then. */
  exposed: number;
  bad: number;
  /** Bad among the same arrivals of the paired run. */
  pairedBad: number;
  steady: number;
  steadyBad: number;
}

/** A cell's clients, each with its counts. */
type Cell = readonly Tally[];

/** The requests of a run, and which of them cannot be judged. */
export interface JudgedRun {
  readonly judged: readonly Judged[];
  readonly unjudged: Unjudged;
}

/** What the lost demand rests on. */
export interface LostDemandSources extends JudgedRun {
  /** The run without faults, for a plan whose control is `paired`; else null. */
  readonly paired: JudgedRun | null;
  /** Names each request's client. Empty: there is no interval. */
  readonly arrivals: readonly Arrival[];
}

/**
 * How a request that cannot be judged is counted. `seen`: as its record has it, and as good where it has none. `low` and `high` give the least and the
 * most excess: good in the exposure and bad in the control, and the other way round.
 */
type Reading = "seen" | "low" | "high";

/**
 * Excess bad requests over what the control predicts for the same cells, from the first fault to the end of the observation, divided by the demand
 * while faults were in force (docs/metrics.md). It does not shrink with the length of the recovery, and exceeds 1 where the damage outlives the faults.
 * Null without any demand in that time.
 */
export function lostDemandOf(plan: Plan, sources: LostDemandSources): BlastRadius | null {
  const cells = cellsOf(plan, sources, "seen");
  const value = estimate(plan, cells.map(totalOf));
  if (value === null) return null;
  const read = (reading: Reading) => estimate(plan, cellsOf(plan, sources, reading).map(totalOf))!.share;
  const evidence: Range = isJudgedWhole(sources) ? [value.share, value.share] : [read("low"), read("high")];
  const span = exposureSpan(plan);
  const perSecond = (judgedWithin(span, sources.judged).length * 1_000) / (span.toMs - span.fromMs);
  return { share: value.share, evidence, interval: intervalOf(plan, cells, value.share), excess: value.excess, demand: value.demand, lostMs: (1_000 * value.excess) / perSecond };
}

const isJudgedWhole = ({ unjudged, paired }: LostDemandSources) =>
  [unjudged, ...(paired === null ? [] : [paired.unjudged])].every(({ requestIds, missing }) => requestIds.size === 0 && missing.length === 0);

/** The union of the times in which faults are in force, by the plan and within the exposure; without faults the whole exposure. */
export function demandSpans(plan: Plan): readonly Range[] {
  const { fromMs, toMs } = exposureSpan(plan);
  if (plan.faults.length === 0) return [[fromMs, toMs]];
  const spans = plan.faults.map((fault): Range => [Math.max(fault.fromMs, fromMs), Math.max(fault.toMs, fault.fromMs + spanMsMin)]).sort((a, b) => a[0] - b[0]);
  const union: [number, number][] = [];
  for (const [from, to] of spans) {
    const last = union.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else union.push([from, to]);
  }
  return union;
}

/** A request as it is counted. */
interface Item {
  readonly requestId: string;
  readonly cell: string;
  readonly intendedMs: number;
  /** Infinity for a request without a record: nothing shows that it had ended. */
  readonly endMs: number;
  readonly bad: boolean;
  readonly unjudged: boolean;
}

function itemsOf({ judged, unjudged: { requestIds, missing } }: JudgedRun): readonly Item[] {
  const recorded = judged.filter(({ state }) => state !== "left").map(({ record: { requestId, intendedMs, endMs }, cell, state }): Item => ({ requestId, cell, intendedMs, endMs, bad: state === "bad", unjudged: requestIds.has(requestId) }));
  const unrecorded = missing.map(({ requestId, team, feature, region, atMs }): Item => ({ requestId, cell: `${team}/${feature}/${region}`, intendedMs: atMs, endMs: Infinity, bad: false, unjudged: true }));
  return [...recorded, ...unrecorded];
}

/** All requests of a cell are of one client where the arrivals are not given. */
function cellsOf(plan: Plan, sources: LostDemandSources, reading: Reading): readonly Cell[] {
  const spans = demandSpans(plan);
  const [firstMs] = spans[0]!;
  const { endMs: lastMs } = plan.timeline;
  const steady = steadySpan(plan);
  const clients = new Map(sources.arrivals.map(({ requestId, client }) => [requestId, client]));
  const isBad = ({ bad, unjudged }: Item) => (unjudged && reading !== "seen" ? reading === "high" : bad);
  const isControlBad = ({ bad, unjudged }: Item) => (unjudged && reading !== "seen" ? reading === "low" : bad);
  const pairedBad = new Set(sources.paired === null ? [] : itemsOf(sources.paired).flatMap((item) => (isControlBad(item) ? [item.requestId] : [])));
  const cells = new Map<string, Map<string, Tally>>();
  for (const item of itemsOf(sources)) {
    const { intendedMs, endMs } = item;
    const isExposed = intendedMs >= firstMs || endMs >= firstMs;
    const isSteady = intendedMs >= steady.fromMs && intendedMs < steady.toMs && endMs < steady.toMs;
    add(tallyAt(cells, item.cell, clients.get(item.requestId) ?? ""), {
      // The last intended send is part of a fault that lasts until then.
      demand: Number(spans.some(([from, to]) => intendedMs >= from && (intendedMs < to || to === lastMs))),
      exposed: Number(isExposed),
      bad: Number(isExposed && isBad(item)),
      pairedBad: Number(isExposed && pairedBad.has(item.requestId)),
      steady: Number(isSteady),
      steadyBad: Number(isSteady && isControlBad(item)),
    });
  }
  return [...cells.values()].map((tallies) => [...tallies.values()]);
}
function tallyAt(cells: Map<string, Map<string, Tally>>, cell: string, client: string): Tally {
  const tallies = cells.get(cell) ?? new Map<string, Tally>();
  cells.set(cell, tallies);
  const tally = tallies.get(client) ?? nothing();
  tallies.set(client, tally);
  return tally;
}

const nothing = (): Tally => ({ demand: 0, exposed: 0, bad: 0, pairedBad: 0, steady: 0, steadyBad: 0 });

/** Adds `counts`, `times` over: -1 takes them out. */
function add(tally: Tally, counts: Readonly<Tally>, times = 1): Tally {
  for (const field of Object.keys(tally) as (keyof Tally)[]) tally[field] += times * counts[field];
  return tally;
}

const totalOf = (cell: Cell): Tally => cell.reduce((total, tally) => add(total, tally), nothing());

function estimate(plan: Plan, cells: readonly Tally[]): { readonly share: number; readonly excess: number; readonly demand: number } | null {
  const demand = sum(cells.map((cell) => cell.demand));
  if (demand === 0) return null;
  const steady = sum(cells.map((cell) => cell.steady));
  const fleet = steady === 0 ? 0 : sum(cells.map(({ steadyBad }) => steadyBad)) / steady;
  const expected = (cell: Tally) =>
    plan.measure.control === "paired" ? cell.pairedBad : (cell.exposed * (cell.steadyBad + fleetWeight * fleet)) / (cell.steady + fleetWeight);
  const excess = Math.max(0, sum(cells.map((cell) => cell.bad - expected(cell))));
  return { share: excess / demand, excess, demand };
}

/** Delete-one-client jackknife, stratified by cell, 95 %. Null where a cell has too few clients. Source: Wolter, Introduction to Variance Estimation (2007), 4.5. */
function intervalOf(plan: Plan, cells: readonly Cell[], share: number): Range | null {
  if (cells.some((clients) => clients.length < clientsMin)) return null;
  const totals = cells.map(totalOf);
  let variance = 0;
  for (const [index, clients] of cells.entries()) {
    const without = clients.map((client) => estimate(plan, totals.with(index, add({ ...totals[index]! }, client, -1)))?.share ?? 0);
    const mean = sum(without) / without.length;
    variance += ((clients.length - 1) / clients.length) * sum(without.map((value) => (value - mean) ** 2));
  }
  const half = studentT(sum(cells.map((clients) => clients.length - 1))) * Math.sqrt(variance);
  return [Math.max(0, share - half), share + half];
}
