import { expect, test } from "vitest";
import { coldCacheFigures, type Played } from "./cold-cache/figures.ts";

const timeline = { steadyFromMs: 0, faultFromMs: 20_000, faultToMs: 30_000, endMs: 60_000 };

/** One request a second, each answered half a second later; from `backMs` on, after the faults, they are good again. */
function played(backMs: number, wire: Played["wire"]): Played {
  const judged = Array.from({ length: 60 }, (_, second) => {
    const intendedMs = second * 1_000;
    const isGood = intendedMs < timeline.faultFromMs || intendedMs >= backMs;
    return { record: { requestId: `r-${second}`, intendedMs, endMs: intendedMs + 500 }, state: isGood ? ("good" as const) : ("bad" as const) };
  });
  return { plan: { timeline }, wire, judged };
}

test("coldCacheFigures: hits are requests without an attempt, in the steady state alone", () => {
  const wire = [0, 1, 2, 3, 25].map((second) => ({ requestId: `r-${second}`, arrivedMs: second * 1_000, status: 200 }));
  expect(coldCacheFigures(played(30_000, wire)).hitsBefore).toBe(16 / 20);
});

test("coldCacheFigures: goodput is back at the end of the first 10 s with nine in ten of the good answers of before", () => {
  expect(coldCacheFigures(played(30_000, [])).goodputBackMs).toBe(10_000);
  expect(coldCacheFigures(played(40_000, [])).goodputBackMs).toBe(19_000);
  expect(coldCacheFigures(played(58_000, [])).goodputBackMs).toBe(null);
});

test("coldCacheFigures: refusals of providers count from the end of the faults on", () => {
  const wire = [10, 31, 32, 33, 34].map((second) => ({ requestId: `r-${second}`, arrivedMs: second * 1_000, status: second % 2 === 0 ? 429 : 200 }));
  expect(coldCacheFigures(played(30_000, wire)).refusedShare).toBe(2 / 4);
  expect(coldCacheFigures(played(30_000, [])).refusedShare).toBe(null);
});
