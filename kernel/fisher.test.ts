import fc from "fast-check";
import { expect, test } from "vitest";
import { fisherTail } from "./fisher.ts";

const choose = (n: number, k: number): number => (k < 0 || k > n ? 0 : k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);

test("fisherTail: the lady tasting tea has p = 17/70 for three cups of four, and 1/70 for all", () => {
  expect(fisherTail({ bad: 3, good: 1 }, { bad: 1, good: 3 })).toBeCloseTo(17 / 70, 12);
  expect(fisherTail({ bad: 4, good: 0 }, { bad: 0, good: 4 })).toBeCloseTo(1 / 70, 12);
});

test("fisherTail: equals the sum of the hypergeometric distribution", () => {
  const side = fc.record({ good: fc.nat(25), bad: fc.nat(25) });
  fc.assert(
    fc.property(side, side, (left, right) => {
      const [n, m, bad] = [left.good + left.bad, right.good + right.bad, left.bad + right.bad];
      let sum = 0;
      for (let k = left.bad; k <= n; k++) sum += choose(n, k) * choose(m, bad - k);
      expect(fisherTail(left, right)).toBeCloseTo(n === 0 || m === 0 ? 1 : sum / choose(n + m, bad), 9);
    }),
  );
});

test("fisherTail: stays finite for a million requests", () => {
  expect(fisherTail({ bad: 200, good: 9_800 }, { bad: 9_900, good: 980_100 })).toBeLessThan(1e-10);
  expect(fisherTail({ bad: 100, good: 9_900 }, { bad: 9_900, good: 980_100 })).toBeGreaterThan(0.4);
});
