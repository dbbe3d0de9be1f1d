import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { judge } from "./judge.ts";
import { cellNamed, HandMadeRun, playedAt } from "./testing.ts";

const outage = faultOf({ id: "outage" });
const cellName = (team: string) => cellNamed(team).name;

/**
 * The verdict on a run with an outage from 20 s to 60 s. A client's requests are those of its cell whose index leaves
 * the same rest.
 */
function verdictOf(run: HandMadeRun, overrides: Partial<Plan> = {}, { clients = 12, paired }: { clients?: number; paired?: HandMadeRun } = {}) {
  const teams = [...new Set(run.client.map(({ team }) => team))].sort();
  const plan = run.plan({ cells: teams.map((team) => cellNamed(team)), faults: [outage], ...overrides });
  const counts = new Map<string, number>();
  const arrivals = run.arrivals.map((arrival): Arrival => {
    const count = counts.get(arrival.team) ?? 0;
    counts.set(arrival.team, count + 1);
    return { ...arrival, client: `c${count % clients}` };
  });
  return judge(plan, run.records({ faults: playedAt("outage") }), { arrivals, ...(paired !== undefined && { paired: paired.records() }) });
}

const reachOf = (...given: Parameters<typeof verdictOf>) => verdictOf(...given).measures!.reach;

/** Bad from `fromMs` to `toMs`, one request every `everyMs`. */
function requests(run: HandMadeRun, team: string, everyMs: number, [fromMs, toMs]: readonly [number, number] = [0, 0], endMs = 100_001): HandMadeRun {
  return run.every(everyMs, 0, endMs, (atMs) => (atMs >= fromMs && atMs < toMs ? run.failed(team, atMs) : run.good(team, atMs)));
}

/** 50 tenants, 50 requests a second in all; some are wholly down for the fault. */
function tenants(down: readonly number[]): HandMadeRun {
  const run = new HandMadeRun();
  for (let tenant = 0; tenant < 50; tenant++) requests(run, `t${tenant}`, 1_000, down.includes(tenant) ? [20_000, 60_000] : [0, 0]);
  return run;
}

test("reachOf: one tenant of 50 that is wholly down is named, with its clients, and is the worst-hit cell", () => {
  const { cells, clients } = reachOf(tenants([7]), {}, { clients: 2 });
  expect(cells).toMatchObject({ of: 50, share: [1 / 50, 1 / 50] });
  expect(cells.hit).toEqual([{ cell: cellName("t7"), requests: 81, bad: 40, expectedBad: 0, detectionMs: 2_000, recoveryMs: 0, recoveryWatched: true }]);
  expect(clients).toMatchObject({ of: 100, share: [2 / 100, 2 / 100] });
  expect(clients?.hit).toEqual(["c0", "c1"].map((client, index) => ({ cell: cellName("t7"), client, requests: 41 - index, bad: 20 })));
  /** Of 7 requests each, 4 bad are not beyond chance for one client of 600. */
  expect(reachOf(tenants([7])).clients).toEqual({ of: 600, share: [0, 0], hit: [] });
});

test("reachOf: in a healthy run nobody is named", () => {
  const { measures, verdict } = verdictOf(tenants([]));
  expect(measures?.reach).toEqual({ cells: { of: 50, share: [0, 0], hit: [] }, clients: { of: 600, share: [0, 0], hit: [] } });
  expect({ verdict, containment: measures?.containment }).toEqual({ verdict: "held", containment: null });
});

test("reachOf: the limit is the exact binomial tail under the allowance of the SLO, shared by all cells", () => {
  /** Of 81 requests under 1 %, P(5 or more) is 1.5e-3 and P(7 or more) 2.2e-5: above and below 1e-4 / 2. */
  const bad = (count: number) => {
    const run = requests(requests(new HandMadeRun(), "red", 1_000, [20_000, 20_000 + count * 1_000]), "blue", 1_000);
    return reachOf(run).cells.hit.map(({ cell }) => cell);
  };
  expect(bad(5)).toEqual([]);
  expect(bad(7)).toEqual([cellName("red")]);
});

test("reachOf: what the control predicts is no hit, under both controls", () => {
  const sick = () => requests(requests(new HandMadeRun(), "red", 1_000, [20_000, 60_000]), "blue", 1_000);
  const paired = { measure: { ...sick().plan().measure, control: "paired" as const } };
  expect(reachOf(sick(), paired, { paired: sick() }).cells.hit).toEqual([]);
  expect(reachOf(sick(), paired, { paired: requests(requests(new HandMadeRun(), "red", 1_000), "blue", 1_000) }).cells.hit).toMatchObject([{ cell: cellName("red"), expectedBad: 0 }]);
});

test("reachOf: a cell with a bad request and too few to be decided widens the range; one without any does not", () => {
  const run = requests(new HandMadeRun(), "red", 100);
  run.failed("blue", 30_000);
  run.failed("blue", 31_000);
  run.good("green", 30_000);
  expect(reachOf(run).cells).toMatchObject({ of: 3, share: [0, 1 / 3], hit: [] });
  run.failed("blue", 32_000);
  expect(reachOf(run).cells).toMatchObject({ share: [1 / 3, 1 / 3], hit: [{ cell: cellName("blue"), requests: 3, bad: 3 }] });
});

test("reachOf: the worst-hit cell has the highest share beyond the control, then the most requests, then the first name", () => {
  const run = requests(new HandMadeRun(), "a", 1_000, [20_000, 40_000]);
  for (const team of ["d", "c"]) requests(run, team, 1_000, [20_000, 60_000]);
  requests(run, "b", 500, [20_000, 60_500]);
  expect(reachOf(run).cells.hit.map(({ cell }) => cell)).toEqual(["b", "c", "d", "a"].map(cellName));
});

test("reachOf: without arrivals clients have no names, and their reach is not measured", () => {
  const run = tenants([7]);
  const plan = run.plan({ cells: Array.from({ length: 50 }, (_, index) => cellNamed(`t${index}`)), faults: [outage] });
  expect(judge(plan, run.records({ faults: playedAt("outage") })).measures?.reach).toMatchObject({ clients: null, cells: { share: [1 / 50, 1 / 50] } });
});

test("judge: a tenant of 50 outside of the fault that is down is damage that got out", () => {
  const faults = [{ ...outage, affects: { ...outage.affects, cells: [cellName("t3")] } }];
  expect(verdictOf(tenants([7]), { faults }).measures).toMatchObject({ containment: 0, depth: 1, durationMs: 40_000 });
  expect(verdictOf(tenants([3]), { faults }).measures).toMatchObject({ containment: 1 });
});

test("judge: a fleet that recovered is not recovered while a tenant is still down, and the tenant is named", () => {
  const run = tenants([]);
  const still = requests(new HandMadeRun(), "t50", 1_000, [20_000, 90_000]);
  for (const { intendedMs, status } of still.client) {
    if (status === 500) run.failed("t50", intendedMs);
    else run.good("t50", intendedMs);
  }
  const verdict = verdictOf(run);
  expect(verdict).toMatchObject({ verdict: "not_recovered", measures: { recoveryMs: 0, reach: { cells: { hit: [{ recoveryMs: null, recoveryWatched: true }] } } } });
  expect(verdict.reasons[0]).toBe("The fleet recovered, and these cells did not within 40 s after the faults: t50/chat/local.");
});

test("judge: a cell so sparse that its recovery cannot be seen within the run makes a run unknown that would otherwise be held", () => {
  const run = requests(new HandMadeRun(), "busy", 100);
  requests(run, "rare", 4_000, [20_000, 60_000]);
  expect(verdictOf(run)).toMatchObject({ verdict: "unknown", reasons: [expect.stringContaining("too early to see whether these cells recover")] });
  expect(verdictOf(run, { expectations: [{ measure: "badShare", atMost: 0 }] })).toMatchObject({ verdict: "deviated", reasons: [expect.any(String), expect.stringContaining("too early")] });
});

test("judge: a cell that is bad in the steady state already is named, and makes a run that is its own control unknown", () => {
  const run = tenants([]);
  requests(run, "t50", 1_000, [0, 100_001]);
  const unknown = verdictOf(run);
  expect(unknown).toMatchObject({ verdict: "unknown", measures: { control: { badCells: [cellName("t50")] } } });
  expect(unknown.reasons[0]).toBe("Bad in the steady state already: t50/chat/local. The run cannot be its own control there: it needs a paired one.");
  const paired = { measure: { ...run.plan().measure, control: "paired" as const, steadyBadShareMax: 0.05 } };
  expect(verdictOf(run, paired, { paired: run })).toMatchObject({ measures: { control: { badCells: [cellName("t50")] } } });
});
