import type { Arrival, Plan } from "../../kernel/plan.ts";
import { sum } from "../../kernel/stats.ts";
import type { Range } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";
import type { Unjudged } from "./unjudged.ts";
import { exposureSpan, steadySpan } from "./windows.ts";

/**
 * What each cell and client asked for, how much of it was bad, and how much of that was to be expected: what lost
 * demand and reach are computed from.
 */

/** A fault that is shorter counts as this long: its demand would else be a handful of requests. */
export const spanMsMin = 10_000;
/** Requests of the fleet that each cell's own lean on, so that a sparse cell has an expectation. */
const fleetWeight = 20;

/** Counts of some requests: of one client of a cell, or of the whole cell. */
export interface Tally {
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

export interface CellTally {
  readonly cell: string;
  /** By client; one without a name where the arrivals are not given. */
  readonly clients: ReadonlyMap<string, Readonly<Tally>>;
  /** Of all its clients. */
  readonly total: Readonly<Tally>;
}

/** The requests of a run, and which of them cannot be judged. */
export interface JudgedRun {
  readonly judged: readonly Judged[];
  readonly unjudged: Unjudged;
}

/** What the excess rests on. */
export interface ExcessSources extends JudgedRun {
  /** The run without faults, for a plan whose control is `paired`; else null. */
  readonly paired: JudgedRun | null;
  /** Names each request's client. May be empty. */
  readonly arrivals: readonly Arrival[];
}

/**
 * How a request that cannot be judged is counted. `seen`: as its record has it, and as good where it has none. `low`
 * and `high` give the least and the most excess: good in the exposure and bad in the control, and the other way round.
 */
export type Reading = "seen" | "low" | "high";

/** Whether every request can be judged, so that all readings are the same. */
export function isJudgedWhole({ unjudged, paired }: ExcessSources): boolean {
  return [unjudged, ...(paired === null ? [] : [paired.unjudged])].every(({ requestIds, missing }) => requestIds.size === 0 && missing.length === 0);
}

/**
 * The union of the times in which faults are in force, by the plan and within the exposure; without faults the whole
 * exposure.
 */
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
  const items = judged.flatMap(({ record: { requestId, intendedMs, endMs }, cell, state }): readonly Item[] =>
    state === "left" ? [] : [{ requestId, cell, intendedMs, endMs, bad: state === "bad", unjudged: requestIds.has(requestId) }],
  );
  const unrecorded = missing.map(({ requestId, team, feature, region, atMs }): Item => {
    return { requestId, cell: `${team}/${feature}/${region}`, intendedMs: atMs, endMs: Infinity, bad: false, unjudged: true };
  });
  return [...items, ...unrecorded];
}

/** The counts of every cell that offered a request, in the order of their names. */
export function talliesOf(plan: Plan, sources: ExcessSources, reading: Reading): readonly CellTally[] {
  const count = counterOf(plan, sources, reading);
  const clients = new Map(sources.arrivals.map(({ requestId, client }) => [requestId, client]));
  const cells = new Map<string, Map<string, Tally>>();
  for (const item of itemsOf(sources)) {
    const tallies = cells.get(item.cell) ?? new Map<string, Tally>();
    cells.set(item.cell, tallies);
    const client = clients.get(item.requestId) ?? "";
    const tally = tallies.get(client) ?? nothing();
    tallies.set(client, add(tally, count(item)));
  }
  return [...cells]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([cell, tallies]) => ({ cell, clients: tallies, total: [...tallies.values()].reduce((total, tally) => add(total, tally), nothing()) }));
}

/** What one request adds to the counts. */
function counterOf(plan: Plan, { paired }: ExcessSources, reading: Reading): (item: Item) => Tally {
  const spans = demandSpans(plan);
  const [firstMs] = spans[0]!;
  const { endMs: lastMs } = plan.timeline;
  const steady = steadySpan(plan);
  const isBad = ({ bad, unjudged }: Item) => (unjudged && reading !== "seen" ? reading === "high" : bad);
  const isControlBad = ({ bad, unjudged }: Item) => (unjudged && reading !== "seen" ? reading === "low" : bad);
  const pairedBad = new Set(paired === null ? [] : itemsOf(paired).flatMap((item) => (isControlBad(item) ? [item.requestId] : [])));
  return (item) => {
    const { intendedMs, endMs } = item;
    const isExposed = intendedMs >= firstMs || endMs >= firstMs;
    const isSteady = intendedMs >= steady.fromMs && intendedMs < steady.toMs && endMs < steady.toMs;
    return {
      // The last intended send is part of a fault that lasts until then.
      demand: Number(spans.some(([from, to]) => intendedMs >= from && (intendedMs < to || to === lastMs))),
      exposed: Number(isExposed),
      bad: Number(isExposed && isBad(item)),
      pairedBad: Number(isExposed && pairedBad.has(item.requestId)),
      steady: Number(isSteady),
      steadyBad: Number(isSteady && isControlBad(item)),
    };
  };
}

const nothing = (): Tally => ({ demand: 0, exposed: 0, bad: 0, pairedBad: 0, steady: 0, steadyBad: 0 });

function add(tally: Tally, counts: Readonly<Tally>): Tally {
  for (const field of Object.keys(tally) as (keyof Tally)[]) tally[field] += counts[field];
  return tally;
}

/** One tally without what is part of it. */
export function without(tally: Readonly<Tally>, part: Readonly<Tally>): Tally {
  const rest = { ...tally };
  for (const field of Object.keys(rest) as (keyof Tally)[]) rest[field] -= part[field];
  return rest;
}

/**
 * How many of a cell's exposed requests the control predicts to be bad. `cells` are all of the run: under `self` a
 * sparse cell leans on the fleet.
 */
export function expectedBad(plan: Plan, cells: readonly Readonly<Tally>[]): (cell: Readonly<Tally>) => number {
  if (plan.measure.control === "paired") return ({ pairedBad }) => pairedBad;
  const fleet = ratio(sum(cells.map(({ steadyBad }) => steadyBad)), sum(cells.map(({ steady }) => steady)));
  return ({ exposed, steady, steadyBad }) => (exposed * (steadyBad + fleetWeight * fleet)) / (steady + fleetWeight);
}

/** The bad share that the control predicts for a cell; under either control a sparse cell leans on the fleet. */
export function expectedShare(plan: Plan, cells: readonly Readonly<Tally>[]): (cell: Readonly<Tally>) => number {
  const control = ({ exposed, pairedBad, steady, steadyBad }: Readonly<Tally>) =>
    plan.measure.control === "paired" ? { requests: exposed, bad: pairedBad } : { requests: steady, bad: steadyBad };
  const all = cells.map(control);
  const fleet = ratio(sum(all.map(({ bad }) => bad)), sum(all.map(({ requests }) => requests)));
  return (cell) => {
    const { requests, bad } = control(cell);
    return (bad + fleetWeight * fleet) / (requests + fleetWeight);
  };
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
