import type { Arrival, Plan } from "../../kernel/plan.ts";
import { studentT, sum } from "../../kernel/stats.ts";
import type { LostDemand, Range } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";
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
  /** Intended from the first fault's start on, or still under way then. */
  exposed: number;
  bad: number;
  /** Bad among the same arrivals of the paired run. */
  pairedBad: number;
  steady: number;
  steadyBad: number;
}

/** A cell's clients, each with its counts. */
type Cell = readonly Tally[];

/** What the lost demand rests on besides the run's own requests. */
export interface LostDemandSources {
  readonly judged: readonly Judged[];
  /** The run without faults, for a plan whose control is `paired`; else null. */
  readonly paired: readonly Judged[] | null;
  /** Names each request's client. Empty: there is no interval. */
  readonly arrivals: readonly Arrival[];
}

/**
 * Excess bad requests over what the control predicts for the same cells, from the first fault to the end of the observation, divided by the demand
 * while faults were in force (docs/metrics.md). It does not shrink with the length of the recovery, and exceeds 1 where the damage outlives the faults.
 * Null without any demand in that time.
 */
export function lostDemandOf(plan: Plan, sources: LostDemandSources): LostDemand | null {
  const cells = cellsOf(plan, sources);
  const value = estimate(plan, cells.map(totalOf));
  if (value === null) return null;
  const { fromMs, toMs } = exposureSpan(plan);
  const perSecond = (judgedWithin(exposureSpan(plan), sources.judged).length * 1_000) / (toMs - fromMs);
  return { share: value.share, interval: intervalOf(plan, cells, value.share), excess: value.excess, demand: value.demand, lostMs: (1_000 * value.excess) / perSecond };
}

/** The union of the times in which faults are in force, by the plan; without faults the whole exposure. */
export function demandSpans(plan: Plan): readonly Range[] {
  const { fromMs, toMs } = exposureSpan(plan);
  if (plan.faults.length === 0) return [[fromMs, toMs]];
  const spans = plan.faults.map((fault): Range => [fault.fromMs, Math.max(fault.toMs, fault.fromMs + spanMsMin)]).sort((a, b) => a[0] - b[0]);
  const union: [number, number][] = [];
  for (const [from, to] of spans) {
    const last = union.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else union.push([from, to]);
  }
  return union;
}

/** All requests of a cell are of one client where the arrivals are not given. */
function cellsOf(plan: Plan, { judged, paired, arrivals }: LostDemandSources): readonly Cell[] {
  const spans = demandSpans(plan);
  const firstMs = spans[0]![0];
  const clients = new Map(arrivals.map(({ requestId, client }) => [requestId, client]));
  const pairedBad = new Set((paired ?? []).flatMap(({ state, record }) => (state === "bad" ? [record.requestId] : [])));
  const steady = new Set(judgedWithin(steadySpan(plan), judged));
  const cells = new Map<string, Map<string, Tally>>();
  for (const each of judged) {
    if (each.state === "left") continue;
    const { requestId, intendedMs, endMs } = each.record;
    const isExposed = intendedMs >= firstMs || endMs >= firstMs;
    const isBad = each.state === "bad";
    add(tallyAt(cells, each.cell, clients.get(requestId) ?? ""), {
      demand: Number(spans.some(([from, to]) => intendedMs >= from && intendedMs < to)),
      exposed: Number(isExposed),
      bad: Number(isExposed && isBad),
      pairedBad: Number(isExposed && pairedBad.has(requestId)),
      steady: Number(steady.has(each)),
      steadyBad: Number(steady.has(each) && isBad),
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
