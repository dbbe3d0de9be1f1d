import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import { injectionProblems } from "./injection.ts";
import { HandMadeRun, playedAt } from "./testing.ts";

const link = faultOf({ id: "f", target: { components: [], links: ["gateway~provider-primary"] } });
const restarted = faultOf({ id: "f", target: { components: ["gateway"], links: [] } });

function problemsOf(faults: readonly FaultRecord[], fault: Fault = link): readonly string[] {
  const run = new HandMadeRun();
  return injectionProblems(run.plan({ faults: [fault] }), run.records({ faults }));
}

/** Played at these times, and planned for 20 s to 60 s. */
const offPlan = (fromMs: number, toMs = 60_000) => playedAt("f", fromMs, toMs, { fromMs: 20_000, toMs: 60_000 });

/** The lifting, with what it took. */
const liftedAt = (begunMs: number, atMs: number): readonly FaultRecord[] => {
  const [injected, lifted] = playedAt("f");
  return [injected!, { ...lifted!, begunMs, atMs }];
};

test("injectionProblems: none for what was injected and lifted in time", () => {
  expect(problemsOf(playedAt("f"))).toEqual([]);
  expect(problemsOf(offPlan(20_250, 59_750))).toEqual([]);
  expect(problemsOf(liftedAt(60_250, 60_500))).toEqual([]);
  expect(problemsOf(liftedAt(60_250, 63_250), restarted)).toEqual([]);
});

test("injectionProblems: more than 250 ms off, and more than 250 ms of work at a link or 3 s at a component, is not what was planned", () => {
  expect(problemsOf(offPlan(20_251))).toEqual(["Fault f was injected at 20.25 s, begun at 20.25 s, and planned for 20.00 s"]);
  expect(problemsOf(offPlan(80_000, 120_000))).toHaveLength(2);
  expect(problemsOf(liftedAt(60_251, 60_251))).toHaveLength(1);
  expect(problemsOf(liftedAt(60_000, 60_251))).toHaveLength(1);
  expect(problemsOf(liftedAt(60_000, 63_001), restarted)).toHaveLength(1);
});

test("injectionProblems: what the stack needs long to start may take so long, once it was begun in time", () => {
  const slow = { ...restarted, startsWithinMs: 15_000 };
  expect(problemsOf(liftedAt(60_000, 75_000), slow)).toEqual([]);
  expect(problemsOf(liftedAt(60_000, 75_001), slow)).toHaveLength(1);
  expect(problemsOf(liftedAt(60_251, 65_000), slow)).toHaveLength(1);
});

test("injectionProblems: records that are missing, doubled or in the wrong order, and a failure, are named", () => {
  const [injected, lifted] = playedAt("f");
  expect(problemsOf([])).toEqual(["Nothing shows that fault f was injected"]);
  expect(problemsOf([injected!])).toEqual(["Nothing shows that fault f was lifted"]);
  expect(problemsOf([injected!, injected!, lifted!])).toEqual(["Fault f was injected 2 times and lifted 1 times"]);
  expect(problemsOf(offPlan(60_000, 20_000))).toEqual(["Fault f was lifted before it was injected"]);
  expect(problemsOf([{ ...injected!, action: "failed", detail: "inject: no such link" }])).toEqual(["Fault f could not be injected or lifted: inject: no such link"]);
});

test("injectionProblems: records of another plan, of a fault that the plan has not, in another order, or in effect before they were begun, are named", () => {
  const [injected, lifted] = playedAt("f");
  expect(problemsOf(playedAt("f", 20_000, 50_000))).toEqual(["Fault f was played by another plan: for 20.00 s to 50.00 s"]);
  expect(problemsOf([...playedAt("f"), ...playedAt("g")])).toEqual(["Fault g was played, and the plan has none of that name"]);
  expect(problemsOf([lifted!, injected!])).toEqual(["Fault f was lifted before it was injected"]);
  expect(problemsOf([{ ...injected!, begunMs: 20_001 }, lifted!])).toEqual(["Fault f was in effect before it was begun"]);
  const { begunMs: _begun, ...unbegun } = lifted!;
  expect(problemsOf([injected!, { ...unbegun, atMs: 63_000 }], restarted)).toHaveLength(1);
});

test("injectionProblems: a momentary fault is lifted when its injection is done", () => {
  const restart = { ...restarted, toMs: restarted.fromMs };
  const [injected, lifted] = playedAt("f");
  expect(problemsOf([{ ...injected!, atMs: 20_400 }, { ...lifted!, plannedMs: 20_000, begunMs: 20_400, atMs: 22_000 }], restart)).toEqual([]);
});

test("injectionProblems: a fault that is always in force was so by the end of the warm-up, and one that is never lifted ends with the run", () => {
  const always = { ...restarted, fromMs: 0, always: true, lifted: false };
  expect(problemsOf(playedAt("f", -200, 130_000), always)).toEqual([]);
  expect(problemsOf(playedAt("f", 500, 130_000), always)).toEqual(["Fault f was injected at 0.50 s, and the plan has it in force from the start"]);
  expect(problemsOf(playedAt("f", 20_000, 130_000), { ...restarted, lifted: false })).toEqual([]);
});
