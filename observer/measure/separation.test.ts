import fc from "fast-check";
import { expect, test } from "vitest";
import { normal, seededRng } from "../../kernel/rng.ts";
import { separationOf, separationOfSamples } from "./separation.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("separationOf: two settings are separated by differences that are sure and matter, computed by hand", () => {
  /** Differences 0.02, 0.03 and 0.04: mean 0.03, standard error 0.01 / sqrt(3); t at 99 % for 2 degrees is 9.925. */
  const near = separationOf([[0.1, 0.12], [0.2, 0.23], [0.3, 0.34]]);
  expect(near.difference).toBeCloseTo(0.03, 12);
  expect(near.interval![0]).toBeCloseTo(0.03 - (9.924843 * 0.01) / Math.sqrt(3), 6);
  expect(near.separated).toBe(false);
  expect(separationOf(upTo(12).map((seed) => [seed / 100, seed / 100 + 0.02 + (seed % 3) / 100])).separated).toBe(true);
});

test("separationOf: a difference under a hundredth is never separated, nor is one pair or none", () => {
  expect(separationOf(upTo(20).map(() => [0.5, 0.509]))).toMatchObject({ separated: false, difference: expect.closeTo(0.009, 12) });
  expect(separationOf(upTo(20).map(() => [0.5, 0.51 + 1e-9])).separated).toBe(true);
  expect(separationOf([[0, 1]])).toEqual({ difference: 1, interval: null, separated: false });
  expect(separationOf([]).separated).toBe(false);
});

test("separationOf: pairs that are all equal have the interval of the least difference that matters, computed by hand", () => {
  /** Two roundings to 0.01 have a standard deviation of 0.01 / sqrt(6); t at 99 % for 2 degrees is 9.925. */
  const { interval, separated } = separationOf([[0.1, 0.12], [0.2, 0.22], [0.3, 0.32]]);
  expect(interval![0]).toBeCloseTo(0.02 - (9.924843 * 0.01) / Math.sqrt(6 * 3), 6);
  expect(interval![1]).toBeCloseTo(0.02 + (9.924843 * 0.01) / Math.sqrt(6 * 3), 6);
  expect(separated).toBe(false);
});

test("separationOf: with so few seeds as the rule does not allow, nothing is separated, however large the difference", () => {
  const rule = { differenceMin: 1, level: 0.99, seedsMin: 5 };
  expect([2, 4, 5].map((count) => separationOf(upTo(count).map(() => [0, 1_000]), rule).separated)).toEqual([false, false, true]);
  const samples = (first: number, second: number) => separationOfSamples(Array(first).fill(0) as number[], Array(second).fill(1_000) as number[], rule).separated;
  expect([samples(4, 9), samples(9, 4), samples(5, 5)]).toEqual([false, false, true]);
});

test("separationOfSamples: other seeds have Welch's interval, computed by hand", () => {
  /** Variances of 0.01 and three seeds each: standard error sqrt(0.02 / 3), 4 degrees, for which t at 99 % is 4.604. */
  const { difference, interval, separated } = separationOfSamples([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]);
  expect(difference).toBeCloseTo(0.4, 12);
  expect(interval![0]).toBeCloseTo(0.4 - 4.604095 * Math.sqrt(0.02 / 3), 6);
  expect(separated).toBe(true);
});

test("separationOf: exchanging the settings turns the sign and nothing else: law", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(share, share), { minLength: 2 }), (pairs) => {
      const there = separationOf(pairs);
      const back = separationOf(pairs.map(([first, second]) => [second, first] as const));
      expect(back.separated).toBe(there.separated);
      expect(back.difference).toBeCloseTo(-there.difference, 12);
    }),
  );
});

test("separationOf: of 2000 comparisons of a setting with itself about 1 in 100 has an interval that excludes 0", () => {
  const rng = seededRng(1, "separation");
  const apart = upTo(2_000).filter(() => {
    const { interval } = separationOf(upTo(20).map(() => [0.3 + 0.05 * normal(rng), 0.3 + 0.05 * normal(rng)]));
    return interval![0] > 0 || interval![1] < 0;
  });
  expect(apart.length).toBeGreaterThan(8);
  expect(apart.length).toBeLessThan(35);
});
