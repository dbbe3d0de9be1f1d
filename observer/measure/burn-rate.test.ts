import { expect, test } from "vitest";
import type { CountedRecord } from "../../kernel/records.ts";
import { countsReported, firstAlarmMs, runningTotals } from "./burn-rate.ts";
import { planOf } from "./testing.ts";
import { tallyOf } from "./tally.ts";

const { burnRate } = planOf().measure;
const span = { fromMs: 20_000, toMs: 60_000 };

/** Ten ends a second, of which `badShare` are bad from 30 s to `toMs`. */
function ends(badEvery: number, toMs: number) {
  return Array.from({ length: 600 }, (_, index) => ({ atMs: index * 100, bad: index * 100 >= 30_000 && index * 100 < toMs && index % badEvery === 0 }));
}

test("firstAlarmMs: the alarm comes when the long window has burned enough: computed by hand", () => {
  /** 6 % of 120 requests in 12 s is 7.2: the eighth bad one, at 30.7 s, is counted from 31 s on. */
  expect(firstAlarmMs(tallyOf(ends(1, 60_000)), burnRate, span)).toBe(31_000);
});

test("firstAlarmMs: a burst that is over does not alarm: the short window is clean by then", () => {
  expect(firstAlarmMs(tallyOf(ends(1, 30_700)), burnRate, span)).toBeNull();
});

test("firstAlarmMs: a slow burn below the rate never alarms", () => {
  expect(firstAlarmMs(tallyOf(ends(25, 60_000)), burnRate, span)).toBeNull();
});

test("firstAlarmMs: no requests, no alarm", () => {
  expect(firstAlarmMs(tallyOf([]), burnRate, span)).toBeNull();
});

const reading = (atMs: number, requestsTotal: number | null, failuresTotal: number | null): CountedRecord => ({
  atMs,
  requestsTotal,
  failuresTotal,
  attemptsTotal: requestsTotal,
  openBreakers: [],
});

test("countsReported: growth between the last readings before each end", () => {
  const between = countsReported([reading(900, 10, 1), reading(1_900, 30, 2), reading(2_900, 60, 10)]);
  expect(between(1_000, 3_000)).toEqual({ total: 50, bad: 9 });
  expect(between(1_000, 2_900)).toEqual({ total: 20, bad: 1 });
});

test("runningTotals: a restart continues from what was counted, and readings that failed are passed over", () => {
  const rows = runningTotals([reading(0, 5, 1), reading(1_000, null, null), reading(2_000, 8, 1), reading(3_000, 2, 2)]);
  expect(rows.map(({ atMs, total, bad }) => [atMs, total, bad])).toEqual([
    [0, 5, 1],
    [2_000, 8, 1],
    [3_000, 10, 3],
  ]);
});
