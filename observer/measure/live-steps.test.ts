import { expect, test } from "vitest";
import { seriesOf } from "../view/series.ts";
import { examine } from "./judge.ts";
import { LiveView } from "./live-view.ts";
import { HandMadeRun } from "./testing.ts";

function handMade() {
  const run = new HandMadeRun();
  run.every(100, 0, 30_000, (atMs) => (atMs >= 10_000 && atMs < 20_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  return { run, plan: run.plan() };
}

test("LiveSteps: every step ends with the figures of the report", () => {
  const { run, plan } = handMade();
  const view = new LiveView(plan, run.arrivals);
  const steps = new Map<number, object>();
  for (let atMs = 0; atMs <= plan.timeline.endMs; atMs += 1_000) {
    const due = (at: number) => at >= atMs - 1_000 && at < atMs;
    for (const attempt of run.wire.filter(({ endedMs }) => due(endedMs))) view.takeWire(attempt);
    for (const record of run.client.filter(({ endMs }) => due(endMs))) view.takeClient(record);
    for (const step of view.line(atMs).steps ?? []) steps.set(step.index, step);
  }
  const records = run.records({ faults: [] });
  const { judged } = examine(plan, records, { arrivals: run.arrivals });
  const series = seriesOf({ plan, records, judged, timeline: plan.timeline });
  expect(steps.size).toBe(series.offered.length);
  for (const [index, step] of steps) {
    const { offered, good, bad, silent, firstTokenMsP50, firstTokenMsP95 } = series;
    const attempts = Object.fromEntries(Object.entries(series.attempts).flatMap(([name, values]) => (values[index] === 0 ? [] : [[name, values[index]]])));
    const cells = Object.fromEntries(Object.entries(series.cells).flatMap(([name, own]) => (own.offered[index] === 0 ? [] : [[name, { offered: own.offered[index], bad: own.bad[index] }]])));
    expect(step).toEqual({ index, offered: offered[index], good: good[index], bad: bad[index], silent: silent[index], firstTokenMsP50: firstTokenMsP50[index], firstTokenMsP95: firstTokenMsP95[index], attempts, cells });
  }
});

test("LiveSteps: what was offered is reported when its second is over, before any answer; a late answer reports its step again", () => {
  const { run, plan } = handMade();
  const view = new LiveView(plan, run.arrivals);
  expect(view.line(500).steps).toEqual([]);
  expect(view.line(2_000).steps).toMatchObject([{ index: 0, offered: 10, good: 0 }, { index: 1, offered: 10, good: 0 }]);
  expect(view.line(2_500).steps).toEqual([]);
  const [first] = run.client;
  view.takeClient(first!);
  expect(view.line(3_000).steps).toMatchObject([{ index: 0, offered: 10, good: 1 }, { index: 2, offered: 10, good: 0 }]);
});
