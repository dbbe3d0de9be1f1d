import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import { viewOf } from "../view/view-of.ts";
import { withHandFaults } from "./hand-faults.ts";
import { examine } from "./judge.ts";
import { HandMadeRun, playedAt } from "./testing.ts";

const linked: Partial<Fault> = { target: { components: [], links: ["gateway~provider-primary"] }, affects: { cells: ["red/chat/local"], routes: ["main"], deployments: ["primary"], components: [] } };
const signature: Fault["signature"] = { fates: ["error"], effects: [], statuses: [500], ends: [], causes: ["error"], wrong: [], unlogged: false };
const handFault = (changes: Partial<Fault> = {}) => faultOf({ ...linked, signature, id: "hand-1", title: "By hand: the link down", fromMs: 30_000, toMs: 50_000, ...changes });

function run(): HandMadeRun {
  const made = new HandMadeRun();
  made.every(250, 0, 100_000, (atMs) => (atMs >= 30_000 && atMs < 40_000 ? made.failed("red", atMs) : made.good("red", atMs)));
  return made;
}

/** A fault lifted at 40 s, 10 s before its time. */
const lifted = playedAt("hand-1", 30_000, 40_000);

test("examine: a fault that a person injected and lifted is judged like the planned one", () => {
  const made = run();
  const without = made.plan({ timeline: { steadyFromMs: 0, faultFromMs: 20_000, faultToMs: 20_000, endMs: 100_000 } });
  const planned: Plan = { ...without, faults: [handFault({ toMs: 40_000 })], timeline: { ...without.timeline, faultToMs: 40_000 } };
  const byHand = examine(without, made.records({ faults: lifted, hand: [{ fault: handFault() }] }), { arrivals: made.arrivals });
  const byPlan = examine(planned, made.records({ faults: lifted }), { arrivals: made.arrivals });
  expect(byHand.verdict).toEqual(byPlan.verdict);
  expect(byHand.timeline).toEqual(byPlan.timeline);
  expect(byHand.verdict.measures?.blastRadius?.share).toBeGreaterThan(0.9);
  expect(byHand.verdict.reasons).toContain("A person injected a fault during the run: By hand: the link down (0:30 to 0:40). It is judged like a planned one, and the replay command does not play it.");
});

test("viewOf: the fault of a person has its band, its row, and the records' own times", () => {
  const made = run();
  const plan = made.plan();
  const records = made.records({ faults: lifted, hand: [{ fault: handFault() }] });
  const { verdict, ...judged } = examine(plan, records, { arrivals: made.arrivals });
  const view = viewOf({ plan, verdict, evidence: { records, ...judged } });
  expect(view.marks).toContainEqual({ kind: "fault", label: "By hand: the link down", fromMs: 30_000, toMs: 40_000 });
  expect(JSON.stringify(view.tables.find(({ name }) => name === "faults"))).toContain("By hand: the link down");
});

test.each<[string, Partial<Fault>]>([
  ["before the exposure", { fromMs: 10_000 }],
  ["beyond the run's end", { toMs: 100_001 }],
  ["at a site that the plan does not have", { target: { components: ["nobody"], links: [] } }],
  ["under the name of a planned fault", { id: "planned" }],
  ["that is never lifted", { lifted: false }],
  ["that ends before it begins", { toMs: 29_000 }],
])("withHandFaults: a fault %s is not taken, and a run with its records is unknown", (_what, changes) => {
  const made = run();
  const plan = made.plan({ faults: [faultOf({ id: "planned" })] });
  const hand = [{ fault: handFault(changes) }];
  expect(withHandFaults(plan, { hand, faults: [] })).toBe(plan);
  const { verdict } = examine(plan, made.records({ faults: [...playedAt("planned"), ...lifted], hand }), { arrivals: made.arrivals });
  expect(verdict).toMatchObject({ verdict: "unknown", reasons: expect.arrayContaining([expect.stringContaining("Fault hand-1 was played, and the plan has none of that name")]) as string[] });
});

test("withHandFaults: of two with one name the first counts, and a run whose load is cut has none", () => {
  const { faults } = withHandFaults(run().plan(), { hand: [{ fault: handFault() }, { fault: handFault({ fromMs: 35_000 }) }], faults: [] });
  expect(faults.map(({ fromMs }) => fromMs)).toEqual([30_000]);
  const plan = run().plan();
  const cut = { ...plan, timeline: { ...plan.timeline, cut: { fromMs: 70_000, toMs: 80_000 } } };
  expect(withHandFaults(cut, { hand: [{ fault: handFault() }], faults: [] })).toBe(cut);
});
