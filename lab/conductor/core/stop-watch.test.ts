import { expect, test } from "vitest";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import type { StopCondition } from "../../../kernel/plan.ts";
import type { LiveLine, RunStop } from "../../../kernel/records.ts";
import { plan } from "../../board/fixtures/run.ts";
import { stopWatch } from "./stop-watch.ts";

const kill = faultOf({ id: "kill", kind: "process", fromMs: 30_000, toMs: 40_000 });

function line(atMs: number, counts: Partial<Record<"done" | "bad" | "wrong" | "attempts", number>>): LiveLine {
  const { done = 0, bad = 0, wrong = 0, attempts = done } = counts;
  return { atMs, sent: done, done, bad, badByCause: { wrong }, windowBadShare: null, perDeployment: { primary: { attempts, failures: 0 } }, firstAlarmMs: null, gatewayCountedFailures: null };
}

function watching(stopWhen: readonly StopCondition[], lines: readonly LiveLine[], faults = [kill]): readonly RunStop[] {
  const stops: RunStop[] = [];
  const watch = stopWatch({ ...plan, faults, stopWhen }, (stop) => stops.push(stop));
  for (const each of lines) watch.observe(each);
  return stops;
}

// The fixture's faults begin at 30 s; its window is 10 s and needs 20 requests.
const calm = line(29_000, { done: 290, bad: 5 });

test("stopWatch: a bad share above its limit in the last window, once there are enough requests", () => {
  const share = [{ measure: "badShare", above: 0.5 }] as const;
  expect(watching(share, [calm, line(30_500, { done: 300, bad: 15 })])).toEqual([]);
  expect(watching(share, [calm, line(35_000, { done: 350, bad: 35 })])).toEqual([]);
  const stops = watching(share, [calm, line(32_000, { done: 320, bad: 30 }), line(33_000, { done: 330, bad: 40 }), line(34_000, { done: 340, bad: 50 })]);
  expect(stops).toEqual([{ atMs: 32_000, condition: "badShare was 0.833 in 3 s, above 0.5" }]);
});

test("stopWatch: the window moves on, so that an old burst does not count", () => {
  const lines = [calm, line(31_000, { done: 300, bad: 15 }), line(42_000, { done: 420, bad: 15 }), line(43_000, { done: 430, bad: 20 })];
  expect(watching([{ measure: "badShare", above: 0.05 }], lines)).toEqual([]);
});

test.each<[StopCondition["measure"], number, LiveLine, string]>([
  ["badRequests", 10, line(33_000, { done: 330, bad: 16 }), "badRequests was 11 since the faults began, above 10"],
  ["wrongAnswers", 0, line(33_000, { done: 330, bad: 6, wrong: 1 }), "wrongAnswers was 1 since the faults began, above 0"],
  ["amplification", 1.5, line(33_000, { done: 330, bad: 5, attempts: 370 }), "amplification was 2 in 4 s, above 1.5"],
])("stopWatch: %s above %d stops, at it does not", (measure, above, last, condition) => {
  expect(watching([{ measure, above }], [calm, last])).toEqual([{ atMs: 33_000, condition }]);
  expect(watching([{ measure, above: above + 1 }], [calm, last])).toEqual([]);
});

test("stopWatch: nothing stops before the faults, without faults, or without conditions", () => {
  const burning = [line(10_000, { done: 100, bad: 100 }), line(30_000, { done: 300, bad: 300 })];
  const share = [{ measure: "badShare", above: 0 }] as const;
  expect(watching(share, burning)).toEqual([]);
  expect(watching(share, [...burning, line(40_000, { done: 400, bad: 400 })], [])).toEqual([]);
  expect(watching([], [...burning, line(40_000, { done: 400, bad: 400 })])).toEqual([]);
});
