import fc from "fast-check";
import { expect, test } from "vitest";
import { binomialTail, meanInterval, studentT } from "./stats.ts";

test.each([[1, 0.95, 12.706205], [2, 0.95, 4.302653], [9, 0.95, 2.262157], [20, 0.95, 2.085963], [19, 0.99, 2.860935], [1_000, 0.95, 1.962339], [100_000, 0.99, 2.575879]])(
  "studentT: with %d degrees of freedom at %d as in the tables",
  (degrees, level, t) => {
    expect(studentT(degrees, level)).toBeCloseTo(t, 5);
  },
);

test("meanInterval: Student's, none for fewer than two values", () => {
  expect(meanInterval([3])).toBeNull();
  expect(meanInterval([7, 7, 7])).toEqual([7, 7]);
  /** Mean 2, deviation 1, three values: 4.302653 / sqrt(3) to either side. */
  expect(meanInterval([1, 2, 3])![1]).toBeCloseTo(2 + 4.302653 / Math.sqrt(3), 5);
});

/** Term by term in whole numbers, for a probability of `percent` in a hundred. */
function tailByHand(successes: number, trials: number, percent: number): number {
  let terms = 0n;
  let ways = 1n;
  for (let k = 0; k <= trials; k++) {
    if (k >= successes) terms += ways * BigInt(percent) ** BigInt(k) * BigInt(100 - percent) ** BigInt(trials - k);
    ways = (ways * BigInt(trials - k)) / BigInt(k + 1);
  }
  const digits = 10n ** 40n;
  return Number((terms * digits) / 100n ** BigInt(trials)) / 1e40;
}

test("binomialTail: is the sum of its terms, computed in whole numbers: law", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat({ max: 300 }), fc.integer({ min: 1, max: 99 }), (trials, drawn, percent) => {
      const successes = drawn % (trials + 2);
      const byHand = tailByHand(successes, trials, percent);
      expect(Math.abs(binomialTail(successes, trials, percent / 100) - byHand)).toBeLessThanOrEqual(1e-11 * byHand + 1e-20);
    }),
    { numRuns: 300 },
  );
});

test("binomialTail: at its ends, and of a million trials", () => {
  expect(binomialTail(0, 0, 0.01)).toBe(1);
  expect(binomialTail(1, 0, 0.01)).toBe(0);
  expect(binomialTail(3, 3, 0.01)).toBeCloseTo(1e-6, 15);
  expect(binomialTail(5, 9, 0)).toBe(0);
  expect(binomialTail(5, 9, 1)).toBe(1);
  /** Half of the odds and half of the term in the middle, whose height is that of the normal curve. */
  expect(binomialTail(500_000, 1_000_000, 0.5)).toBeCloseTo(0.5 + 0.5 / Math.sqrt(2 * Math.PI * 250_000), 8);
  /** The Poisson distribution with a mean of 10, to the order of its mean over the number of trials. */
  const poisson = Array.from({ length: 25 }, (_, k) => Math.exp(-10) * [...Array(k).keys()].reduce((term, i) => (term * 10) / (i + 1), 1)).reduce((sum, term) => sum + term, 0);
  expect(binomialTail(25, 1_000_000, 1e-5)).toBeCloseTo(1 - poisson, 7);
  expect(binomialTail(20_000, 1_000_000, 0.01)).toBe(0);
});
