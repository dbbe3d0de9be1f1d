import { expect, test } from "vitest";
import { halfWidthMax, jointZ, medianInterval, normalQuantile, requestsFor } from "./intervals.ts";
import { normal, seededRng } from "./rng.ts";
import { wilson } from "./stats.ts";

test("medianInterval: holds the true median about as often as it says", () => {
  const rng = seededRng(1);
  const trials = 2_000;
  let held = 0;
  for (let trial = 0; trial < trials; trial++) {
    const [low, high] = medianInterval(Array.from({ length: 101 }, () => normal(rng)), 1.959964)!;
    if (low <= 0 && 0 <= high) held++;
  }
  expect(held / trials).toBeGreaterThan(0.94);
  expect(held / trials).toBeLessThan(0.985);
});

test("medianInterval: null for too few values", () => {
  expect(medianInterval([1, 2, 3, 4], 1.959964)).toBeNull();
  expect(medianInterval([], 1)).toBeNull();
  expect(medianInterval([5, 3, 1, 2, 4, 6, 7, 8, 9, 10], 1.959964)).not.toBeNull();
});

test("requestsFor: the fewest that make the interval narrow enough", () => {
  const half = (rate: number, count: number, z: number) => ((interval) => (interval[1] - interval[0]) / 2)(wilson(rate * count, count, z));
  for (const rate of [0, 0.01, 0.05, 0.25, 0.9, 1]) {
    const z = jointZ(5);
    const count = requestsFor(rate, z);
    expect(half(rate, count, z)).toBeLessThanOrEqual(0.9 * halfWidthMax(rate));
    expect(half(rate, count - 1, z)).toBeGreaterThan(0.9 * halfWidthMax(rate));
  }
});

test("normalQuantile: tabled values", () => {
  const tabled = [[0.5, 0], [0.975, 1.959964], [0.995, 2.575829], [0.025, -1.959964], [0.001, -3.090232], [0.99999, 4.264891]] as const;
  for (const [p, z] of tabled) expect(normalQuantile(p)).toBeCloseTo(z, 6);
});
