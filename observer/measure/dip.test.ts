import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import { classify } from "./classify.ts";
import { dipOf } from "./dip.ts";
import { knowledgeOf } from "./knowledge.ts";
import { HandMadeRun, planOf } from "./testing.ts";

/** Ten requests a second, a fault from 20 s to 60 s; bad where `isBad`. */
function dip(isBad: (atMs: number) => boolean, faults: readonly Fault[] = [faultOf({ id: "outage" })]) {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => (isBad(atMs) ? run.failed("red", atMs) : run.good("red", atMs)));
  const plan = planOf({ faults });
  const knowledge = knowledgeOf(plan, run.records());
  return dipOf(plan, run.client.map((record) => classify(record, knowledge)));
}

test("dipOf: what was bad while the fault was in force is no dip", () => {
  expect(dip((atMs) => atMs >= 20_000 && atMs < 60_000)).toBe(0);
});

test("dipOf: the worst window after the faults, however late it comes", () => {
  // 2 s of a 10 s window.
  expect(dip((atMs) => atMs >= 85_000 && atMs < 87_000)).toBeCloseTo(0.2, 12);
  expect(dip((atMs) => atMs >= 60_000 && atMs < 65_000)).toBeCloseTo(0.5, 12);
});

test("dipOf: null without a fault, and with one that is never lifted", () => {
  expect(dip(() => true, [])).toBeNull();
  expect(dip(() => true, [faultOf({ id: "outage", lifted: false })])).toBeNull();
});
