import type { Plan } from "../../kernel/plan.ts";
import { binomialTail } from "../../kernel/stats.ts";
import type { HitCell, HitClient, Reach, Reached } from "../../kernel/verdict.ts";
import { firstAlarmMs, observedCounts } from "./burn-rate.ts";
import { expectedBad, expectedShare, isJudgedWhole, talliesOf, type CellTally, type ExcessSources, type Reading, type Tally } from "./excess.ts";
import { pooledFor } from "./pooled.ts";
import { recoveryOf } from "./recovery.ts";

/** The chance that a run in which nothing is wrong has of naming any cell, or any client, at all. */
const chance = 1e-4;

/**
 * Reach: the cells and the clients that were hit beyond their SLO. All of their requests from the first fault on are
 * pooled, so that a sparse cell can be decided too (docs/metrics.md). What has a bad request and sends too little to be
 * decided widens the range.
 */
export function reachOf(plan: Plan, sources: ExcessSources): Reach {
  const tallies = talliesOf(plan, sources, "seen");
  const seen = readReach(plan, tallies);
  const read = (reading: Reading) => (isJudgedWhole(sources) ? seen : readReach(plan, talliesOf(plan, sources, reading)));
  const [low, high] = [read("low"), read("high")];
  const reached = <Hit>(of: number, hit: readonly Hit[], part: (reading: ReachReading) => Tested<unknown>): Reached<Hit> => {
    const share = (count: number) => (of === 0 ? 0 : count / of);
    return { of, share: [share(part(low).hit.length), share(part(high).hit.length + part(high).undecided)], hit };
  };
  const clientCount = tallies.reduce((count, { clients }) => count + clients.size, 0);
  return {
    cells: reached(plan.cells.length, worstFirst(seen.cells.hit).map((cell) => ({ ...cell, ...timesOf(plan, sources, cell.cell) })), ({ cells }) => cells),
    clients: sources.arrivals.length === 0 ? null : reached(clientCount, seen.clients.hit, ({ clients }) => clients),
  };
}

/** Cells whose bad requests of the steady state are beyond chance under what a run's steady state may have. */
export function badCellsOf(plan: Plan, sources: ExcessSources): readonly string[] {
  const { steadyBadShareMax, burnRate } = plan.measure;
  const share = Math.max(steadyBadShareMax, 1 - burnRate.slo);
  const tallies = talliesOf(plan, sources, "seen");
  return tallies.filter(({ total }) => testOf({ bad: total.steadyBad, requests: total.steady, share, many: plan.cells.length }) === "hit").map(({ cell }) => cell);
}

interface Tested<Hit> {
  readonly hit: readonly Hit[];
  readonly undecided: number;
}

type HitCounts = Pick<HitCell, "cell" | "requests" | "bad" | "expectedBad">;

interface ReachReading {
  readonly cells: Tested<HitCounts>;
  readonly clients: Tested<HitClient>;
}

function readReach(plan: Plan, tallies: readonly CellTally[]): ReachReading {
  const totals = tallies.map(({ total }) => total);
  const [expected, predicted] = [expectedBad(plan, totals), expectedShare(plan, totals)];
  const allowed = (cell: Readonly<Tally>) => Math.max(predicted(cell), 1 - plan.measure.burnRate.slo);
  const clients = tallies.flatMap(({ cell, total, clients: named }) => [...named].map(([client, { exposed: requests, bad }]) => ({ cell, client, requests, bad, share: allowed(total) })));
  const cells = tallies.map(({ cell, total }) => ({ cell, requests: total.exposed, bad: total.bad, expectedBad: expected(total), share: allowed(total) }));
  return { cells: testAll(cells, plan.cells.length), clients: testAll(clients, clients.length) };
}

/** Tests each under its own `share`, as one of `many`. */
function testAll<Counts extends { readonly requests: number; readonly bad: number }>(all: readonly (Counts & { readonly share: number })[], many: number): Tested<Omit<Counts, "share">> {
  const tested = all.map(({ share, ...counts }) => ({ counts, result: testOf({ ...counts, share, many }) }));
  return { hit: tested.flatMap(({ counts, result }) => (result === "hit" ? [counts] : [])), undecided: tested.filter(({ result }) => result === "undecided").length };
}

/**
 * Whether so many bad requests are beyond chance, one of `many` such questions asked. Undecided: some are bad, and even
 * all of them would not be.
 */
function testOf({ bad, requests, share, many }: { bad: number; requests: number; share: number; many: number }): "hit" | "spared" | "undecided" {
  const limit = chance / many;
  if (binomialTail(bad, requests, share) < limit) return "hit";
  return bad > 0 && share ** requests >= limit ? "undecided" : "spared";
}

/** By the share of its requests that is bad beyond the control, then by how many are, then by name. */
function worstFirst(cells: readonly HitCounts[]): readonly HitCounts[] {
  const excess = ({ bad, expectedBad: expected }: HitCounts) => bad - expected;
  const share = (cell: HitCounts) => excess(cell) / cell.requests;
  return [...cells].sort((a, b) => share(b) - share(a) || excess(b) - excess(a) || (a.cell < b.cell ? -1 : 1));
}

/** Detection and recovery of one cell, in windows that are long enough for its requests. */
function timesOf(plan: Plan, { judged }: ExcessSources, cell: string): Pick<HitCell, "detectionMs" | "recoveryMs" | "recoveryWatched"> {
  const own = judged.filter((each) => each.cell === cell);
  const pooled = pooledFor(plan, own);
  const { faultFromMs, endMs } = plan.timeline;
  // The gateway's metrics know no cells.
  const alarmMs = plan.alarmBy === "gateway" ? null : firstAlarmMs(observedCounts(own), pooled.measure.burnRate, { fromMs: faultFromMs, toMs: endMs });
  const { recoveryMs, applicable, tooShort } = recoveryOf(pooled, own);
  return { detectionMs: alarmMs === null ? null : alarmMs - faultFromMs, recoveryMs, recoveryWatched: applicable && !tooShort };
}
