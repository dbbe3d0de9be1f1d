import fc from "fast-check";
import { expect, test } from "vitest";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { HandMadeRun, planOf } from "./testing.ts";
import { badWindowShare, exposureSpan, steadySpan, unitWindows } from "./windows.ts";

const plan = planOf();
const { measure } = plan;
/** Each request decides its own window, so that none are pooled. */
const each = { ...measure, requestsMin: 1 };

function windowsOf(run: HandMadeRun, span = exposureSpan(plan), settings = measure) {
  const knowledge = knowledgeOf(plan, run.records());
  return unitWindows(span, run.client.map((record) => classify(record, knowledge)), settings);
}

test("unitWindows: a cell's demand goes to the window of its intended send, both borders included where the span ends", () => {
  const run = new HandMadeRun();
  for (const atMs of [19_999, 20_000, 29_999, 30_000, 100_000, 100_001]) run.good("red", atMs);
  expect(windowsOf(run, exposureSpan(plan), each).map(({ fromMs, requests }) => [fromMs, requests])).toEqual([
    [20_000, 2],
    [30_000, 1],
    [90_000, 1],
  ]);
});

test("steadySpan: a request that was still under way when the faults began is not of the steady state", () => {
  const run = new HandMadeRun();
  for (const atMs of [18_000, 18_500]) run.good("red", atMs);
  run.failed("red", 19_900);
  const [before, after] = [run.client.slice(0, 2), run.client.slice(2).map((record) => ({ ...record, endMs: 20_001 }))];
  const knowledge = knowledgeOf(plan, run.records());
  const windows = unitWindows(steadySpan(plan), [...before, ...after].map((record) => classify(record, knowledge)), measure);
  expect(windows.map(({ requests, bad }) => [requests, bad])).toEqual([[2, 0]]);
});

test("unitWindows: at least `requestsMin` requests decide: bad above the allowance, good at it", () => {
  const run = new HandMadeRun();
  run.every(500, 20_000, 30_000, (atMs) => (atMs === 20_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  run.every(500, 30_000, 40_000, (atMs) => (atMs < 31_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  expect(windowsOf(run).map(({ requests, bad, state }) => [requests, bad, state])).toEqual([
    [20, 1, "good"],
    [20, 2, "bad"],
  ]);
});

test("unitWindows: windows with too few requests are pooled with the next ones until they decide, the last with those before", () => {
  const run = new HandMadeRun();
  run.every(1_000, 20_000, 40_000, (atMs) => run.failed("red", atMs));
  run.every(1_000, 40_000, 70_000, (atMs) => run.good("red", atMs));
  expect(windowsOf(run).map(({ fromMs, toMs, requests, bad, state }) => [fromMs, toMs, requests, bad, state])).toEqual([
    [20_000, 40_000, 20, 20, "bad"],
    [40_000, 70_000, 30, 0, "good"],
  ]);
});

test("unitWindows: a cell with too few requests in the whole span is undecided", () => {
  const run = new HandMadeRun();
  run.every(4_200, 20_000, 100_001, (atMs) => run.failed("red", atMs));
  expect(windowsOf(run).map(({ fromMs, toMs, requests, state }) => [fromMs, toMs, requests, state])).toEqual([[20_000, 100_000, 20, "bad"]]);
  run.client.pop();
  expect(windowsOf(run).map(({ requests, state }) => [requests, state])).toEqual([[19, "undecided"]]);
});

test("unitWindows: a remainder shorter than a window joins the last whole one, and moves its end", () => {
  const span = { fromMs: 20_000, toMs: 47_000, closed: true };
  const run = new HandMadeRun();
  for (const atMs of [31_000, 41_000, 47_000]) run.good("red", atMs);
  const windows = windowsOf(run, span, each);
  expect(windows.map(({ fromMs, toMs, requests }) => [fromMs, toMs, requests])).toEqual([[30_000, 47_000, 3]]);
});

test("unitWindows: a span shorter than a window is one window", () => {
  const run = new HandMadeRun();
  for (const atMs of [20_000, 24_000]) run.good("red", atMs);
  expect(windowsOf(run, { fromMs: 20_000, toMs: 24_000, closed: true })).toMatchObject([{ fromMs: 20_000, requests: 2 }]);
});

test("unitWindows: every judged request of the span is in exactly one window: law", () => {
  const times = fc.array(fc.integer({ min: 0, max: 130_000 }), { maxLength: 80 });
  fc.assert(
    fc.property(times, fc.integer({ min: 1_000, max: 40_000 }), fc.integer({ min: 0, max: 90_000 }), (all, windowMs, lengthMs) => {
      const span = { fromMs: 20_000, toMs: 20_000 + lengthMs, closed: true };
      const run = new HandMadeRun();
      for (const atMs of all) run.good("red", atMs);
      const windows = windowsOf(run, span, { ...measure, windowMs });
      const inside = all.filter((atMs) => atMs >= span.fromMs && atMs <= span.toMs).length;
      expect(windows.reduce((sum, { requests }) => sum + requests, 0)).toBe(inside);
    }),
  );
});

test("badWindowShare: weighs by demand, and nothing at all has no share", () => {
  const window = (requests: number, state: "good" | "bad" | "undecided") => ({ cell: "c", fromMs: 0, toMs: 10_000, requests, bad: 0, state });
  expect(badWindowShare([window(30, "bad"), window(60, "good"), window(10, "undecided")])).toEqual([0.3, 0.4]);
  expect(badWindowShare([])).toBeNull();
});
