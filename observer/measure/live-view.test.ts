import { expect, test } from "vitest";
import { LiveView } from "./live-view.ts";
import { HandMadeRun } from "./testing.ts";

test("LiveView: counts, causes, attempts and the alarm are of what the taps show so far", () => {
  const run = new HandMadeRun();
  run.every(100, 0, 40_000, (atMs) => (atMs >= 30_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  run.every(100, 40_000, 50_000, (atMs) => run.good("red", atMs));
  const view = new LiveView(run.plan(), run.arrivals);
  const lines = Array.from({ length: 40 }, (_, second) => {
    const fromMs = second * 1_000;
    const due = <R>(all: readonly R[], at: (record: R) => number) => all.filter((record) => at(record) >= fromMs - 1_000 && at(record) < fromMs);
    for (const attempt of due(run.wire, ({ endedMs }) => endedMs)) view.takeWire(attempt);
    for (const record of due(run.client, ({ endMs }) => endMs)) view.takeClient(record);
    return view.line(fromMs);
  });
  expect(lines[20]).toMatchObject({ sent: 200, done: 195, bad: 0, windowBadShare: 0, firstAlarmMs: null, gatewayCountedFailures: null });
  /**
   * The first failure ends at 30.5 s; 6 % of the long window's 120 are 7.2, so the eighth, at 31.2 s, is seen at 32 s.
   */
  expect(lines.find((line) => line.firstAlarmMs !== null)?.firstAlarmMs).toBe(32_000);
  expect(lines[39]).toMatchObject({ bad: 85, badByCause: { error: 85 }, firstAlarmMs: 32_000, windowBadShare: 85 / 100 });
  expect(lines[39]!.perDeployment).toEqual({ primary: { attempts: 386, failures: 86 }, fallback: { attempts: 0, failures: 0 }, outsider: { attempts: 0, failures: 0 } });
});

test("LiveView: shows what the gateway counted at its last reading", () => {
  const view = new LiveView(new HandMadeRun().plan(), []);
  view.takeCounted({ atMs: 900, requestsTotal: 4, failuresTotal: 3, attemptsTotal: 4, openBreakers: [] });
  expect(view.line(1_000)).toMatchObject({ done: 0, windowBadShare: null, gatewayCountedFailures: 3 });
});
