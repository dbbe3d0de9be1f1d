import { expect, test } from "vitest";
import { medianInterval } from "./intervals.ts";
import { normal, seededRng } from "./rng.ts";

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
