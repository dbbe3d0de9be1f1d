import { expect, test } from "vitest";
import { differenceOverClients, overClients } from "./over-clients.ts";

const estimate = (value: number, half: number | null) => ({ value, evidence: [value, value] as const, interval: half === null ? null : ([value - half, value + half] as const) });

test("overClients: the intervals of runs shrink with their number, computed by hand", () => {
  const four = overClients([estimate(0.1, 0.04), estimate(0.3, 0.04), estimate(0.1, 0.04), estimate(0.3, 0.04)])!;
  expect(four.mean).toBeCloseTo(0.2, 12);
  expect(four.interval).toEqual([expect.closeTo(0.18, 12), expect.closeTo(0.22, 12)]);
  expect(overClients([estimate(0.1, 0.03)])).toEqual({ mean: 0.1, interval: [expect.closeTo(0.07, 12), expect.closeTo(0.13, 12)] });
});

test("overClients: a run with too few clients leaves no interval, and no run no mean", () => {
  expect(overClients([estimate(0.1, 0.04), estimate(0.3, null)])).toEqual({ mean: 0.2, interval: null });
  expect(overClients([])).toBeNull();
});

test("differenceOverClients: as wide as both together", () => {
  const difference = differenceOverClients(overClients([estimate(0.1, 0.03)])!, overClients([estimate(0.5, 0.04)])!);
  expect(difference).toEqual({ mean: expect.closeTo(0.4, 12), interval: [expect.closeTo(0.35, 12), expect.closeTo(0.45, 12)] });
  expect(differenceOverClients({ mean: 0, interval: null }, { mean: 1, interval: [1, 1] }).interval).toBeNull();
});
