import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { demandSpans, type JudgedRun } from "./excess.ts";
import { lostDemandOf } from "./lost-demand.ts";
import { cellNamed, HandMadeRun, planOf, somebodysTool } from "./testing.ts";
import { unjudgedOf } from "./unjudged.ts";

const outage = faultOf({ id: "outage" });
const withMeasure = (control: Plan["measure"]["control"]): Plan["measure"] => ({ ...planOf().measure, control });

/** The lost demand of a run made by hand; each request of a cell is of one of `clients` clients in turn. */
function lostIn(run: HandMadeRun, overrides: Partial<Plan> = {}, options: { clients?: number; paired?: HandMadeRun } = {}) {
  const { clients = 1, paired } = options;
  const plan = planOf({ faults: [outage], ...overrides });
  const arrivals = run.arrivals.map((arrival, index): Arrival => ({ ...arrival, client: `c${index % clients}` }));
  const judgedOf = (made: HandMadeRun): JudgedRun => {
    const knowledge = knowledgeOf(plan, made.records());
    const judged = made.client.map((record) => classify(record, knowledge));
    return { judged, unjudged: unjudgedOf(judged, { plan, knowledge, arrivals, end: null }) };
  };
  return lostDemandOf(plan, { ...judgedOf(run), paired: paired === undefined ? null : judgedOf(paired), arrivals })!;
}

/** Ten requests a second of a cell; bad where `isBad`. */
function requests(run: HandMadeRun, team: string, isBad: (atMs: number) => boolean, endMs = 100_001): HandMadeRun {
  return run.every(100, 0, endMs, (atMs) => (isBad(atMs) ? run.failed(team, atMs) : run.good(team, atMs)));
}

const during = (fromMs: number, toMs: number) => (atMs: number) => atMs >= fromMs && atMs < toMs;

test("lostDemandOf: a fleet that is down as long as the fault has lost all of its demand, and the fault's length as time", () => {
  const lost = lostIn(requests(new HandMadeRun(), "red", during(20_000, 60_000)));
  expect(lost).toMatchObject({ share: 1, excess: 400, demand: 400, interval: null });
  expect(lost.lostMs).toBeCloseTo(40_000, -2);
});

test("lostDemandOf: one of two equal cells is half of the demand, whatever the tail: 42 s and 450 s of recovery give the same", () => {
  const of = (endMs: number) => {
    const run = requests(requests(new HandMadeRun(), "red", during(20_000, 60_000), endMs), "blue", () => false, endMs);
    return lostIn(run, { timeline: { ...planOf().timeline, endMs } }).share;
  };
  expect(of(102_000)).toBe(0.5);
  expect(of(510_000)).toBe(0.5);
});

test("lostDemandOf: damage that outlives the fault counts in full and exceeds 1", () => {
  expect(lostIn(requests(new HandMadeRun(), "red", during(20_000, 80_000))).share).toBe(1.5);
});

test("lostDemandOf: gaps between faults have no demand, overlaps count once, and a short fault counts as 10 s", () => {
  const spans = (...faults: readonly (readonly [number, number])[]) => demandSpans(planOf({ faults: faults.map(([fromMs, toMs], index) => faultOf({ id: String(index), fromMs, toMs })) }));
  expect(spans([20_000, 30_000], [25_000, 40_000], [60_000, 60_000])).toEqual([[20_000, 40_000], [60_000, 70_000]]);
  expect(demandSpans(planOf())).toEqual([[20_000, 100_000]]);
});

test("lostDemandOf: what the steady state predicts is taken off, and a cell's own leans on the fleet's", () => {
  /**
   * Red fails one request in ten in the steady state, 20 of the 195 that end before 20 s, and one in five from then on;
   * blue never fails.
   */
  const run = requests(requests(new HandMadeRun(), "red", (atMs) => atMs % (atMs < 20_000 ? 1_000 : 500) === 0), "blue", () => false);
  const fleet = 20 / (195 + 195);
  /** From 20 s to 100 s, and the 5 that were still under way at 20 s. */
  const exposed = 801 + 5;
  const expected = (exposed * (20 + 20 * fleet)) / (195 + 20) + (exposed * (20 * fleet)) / (195 + 20);
  expect(lostIn(run).excess).toBeCloseTo(161 - expected, 9);
});

test("lostDemandOf: a paired control predicts the same arrivals, with sign over cells and floored in all", () => {
  const run = requests(requests(new HandMadeRun(), "red", during(30_000, 40_000)), "blue", () => false);
  const paired = requests(requests(new HandMadeRun(), "red", during(30_000, 35_000)), "blue", during(30_000, 31_000));
  expect(lostIn(run, { measure: withMeasure("paired") }, { paired })).toMatchObject({ excess: 100 - 50 - 10, demand: 800 });
  expect(lostIn(paired, { measure: withMeasure("paired") }, { paired: run }).excess).toBe(0);
});

test("lostDemandOf: a request that was still open when the fault began counts, and is never part of the control", () => {
  const run = requests(new HandMadeRun(), "red", () => false);
  run.failed("red", 19_950, { endMs: 21_000 });
  expect(lostIn(run).excess).toBeCloseTo(1, 9);
});

test("lostDemandOf: a request that its client abandoned is in neither excess nor demand", () => {
  const run = requests(new HandMadeRun(), "red", () => false);
  run.loadSource = somebodysTool;
  run.request("red", 30_000, { end: "aborted", status: null });
  expect(lostIn(run)).toMatchObject({ excess: 0, demand: 400 });
});

test("lostDemandOf: what cannot be judged makes a range: good for its low end, bad for its high end, and the other way round in the control", () => {
  const run = requests(new HandMadeRun(), "red", during(20_000, 30_000));
  expect(lostIn(run).evidence).toEqual([0.25, 0.25]);
  for (const atMs of [50_010, 50_020, 50_030, 50_040]) run.request("red", atMs, { text: "an answer without a mark" });
  /** No record of 8 requests during the fault, and 4 answers that no provider's log explains. */
  const lost = run.client.filter(({ intendedMs }) => intendedMs >= 40_000 && intendedMs < 40_800);
  run.client.splice(run.client.indexOf(lost[0]!), 8);
  expect(lostIn(run)).toMatchObject({ demand: 404, share: 104 / 404, evidence: [100 / 404, 112 / 404] });
  const steady = requests(new HandMadeRun(), "red", during(20_000, 30_000));
  steady.request("red", 10_000, { text: "an answer without a mark" });
  const expected = (bad: number) => (806 * bad * (1 + 20 / 196)) / (196 + 20);
  expect(lostIn(steady).evidence).toEqual([expect.closeTo((100 - expected(1)) / 400, 9), 0.25]);
});

test("lostDemandOf: a record that cannot be true is no judgement of its request", () => {
  const run = requests(new HandMadeRun(), "red", during(20_000, 30_000));
  run.client.splice(0, Infinity, ...run.client.map((record) => (record.intendedMs === 40_000 ? { ...record, firstTokenMs: record.endMs + 100 } : record)));
  expect(lostIn(run).evidence).toEqual([100 / 400, 101 / 400]);
});

test("lostDemandOf: a paired control that lacks a record makes a range too", () => {
  const run = requests(new HandMadeRun(), "red", during(20_000, 30_000));
  const paired = requests(new HandMadeRun(), "red", () => false);
  paired.client.splice(300, 1);
  expect(lostIn(run, { measure: withMeasure("paired") }, { paired }).evidence).toEqual([99 / 400, 100 / 400]);
});

test("lostDemandOf: the interval leaves out one client at a time: none where all fare alike, wide where one bears all", () => {
  const alike = lostIn(requests(new HandMadeRun(), "red", during(20_000, 60_000)), {}, { clients: 10 });
  expect(alike.interval).toEqual([expect.closeTo(1, 9), expect.closeTo(1, 9)]);
  const [low, high] = lostIn(requests(new HandMadeRun(), "red", (atMs) => during(20_000, 60_000)(atMs) && atMs % 1_000 === 0), {}, { clients: 10 }).interval!;
  expect(low).toBe(0);
  expect(high).toBeGreaterThan(0.3);
  expect(lostIn(requests(new HandMadeRun(), "red", during(20_000, 60_000)), {}, { clients: 9 }).interval).toBeNull();
});

test("lostDemandOf: one tenant of 50 that is wholly down is a fiftieth of the demand, however few its requests", () => {
  const cells = Array.from({ length: 50 }, (_, index) => cellNamed(`t${index}`));
  const run = new HandMadeRun();
  cells.forEach(({ team }, index) => run.every(1_000, 0, 100_001, (atMs) => (index === 7 && during(20_000, 60_000)(atMs) ? run.failed(team, atMs) : run.good(team, atMs))));
  expect(lostIn(run, { cells })).toMatchObject({ share: expect.closeTo(0.02, 3), demand: 2_000 });
});
