import fc from "fast-check";
import { expect, test } from "vitest";
import { balanced, smoothed, smoothedAtLeast } from "./balance.ts";

const draws = Array.from({ length: 1_000 }, (_, index) => (index + 0.5) / 1_000);
const shareOf = (name: string, route: readonly string[], weights: Record<string, number>, latencies: Record<string, number>) =>
  draws.filter((draw) => balanced(route, weights, latencies, draw)[0] === name).length / draws.length;

test("balanced: shares go by weight over latency", () => {
  expect(shareOf("a", ["a", "b"], { a: 3, b: 1 }, {})).toBeCloseTo(0.75, 2);
  expect(shareOf("a", ["a", "b"], { a: 1, b: 1 }, { a: 100, b: 300 })).toBeCloseTo(0.75, 2);
  expect(shareOf("a", ["a", "b"], { a: 1, b: 3 }, { a: 100, b: 300 })).toBeCloseTo(0.5, 2);
});

test("balanced: one that was never measured counts as the fastest, so that it is measured", () => {
  expect(shareOf("b", ["a", "b"], { a: 1, b: 1 }, { a: 900 })).toBeCloseTo(0.5, 2);
});

test("balanced: equals stand where the first of them stands, the others in their order", () => {
  expect(balanced(["x", "a", "y", "b", "c"], { a: 1, b: 1, c: 1 }, { a: 100, b: 50, c: 80 }, 0)).toEqual(["x", "a", "b", "c", "y"]);
  expect(balanced(["x", "y"], { x: 1 }, {}, 0.9)).toEqual(["x", "y"]);
});

test("balanced: those that follow are drawn by the same shares: the load of one that is passed over is not all the next one's", () => {
  const [weights, latencies] = [{ a: 1, b: 1, c: 1 }, { a: 100, b: 100, c: 101 }];
  const afterA = draws.map((draw) => balanced(["a", "b", "c"], weights, latencies, draw)).filter(([first]) => first === "a");
  expect(afterA.filter(([, second]) => second === "b").length / afterA.length).toBeCloseTo(0.5, 1);
  const heavy = draws.map((draw) => balanced(["a", "b", "c"], { a: 1, b: 3, c: 1 }, {}, draw)).filter(([first]) => first === "a");
  expect(heavy.filter(([, second]) => second === "b").length / heavy.length).toBeCloseTo(0.75, 1);
});

test("balanced: a permutation of the route, whatever the figures: law", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-f]{1,3}$/), { minLength: 1, maxLength: 6 });
  const figures = fc.dictionary(fc.stringMatching(/^[a-f]{1,3}$/), fc.double({ min: 0, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(names, figures, figures, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (route, weights, latencies, draw) => {
      expect([...balanced(route, weights, latencies, draw)].sort()).toEqual([...route].sort());
    }),
  );
});

test("smoothed: the first figure stands as it is, and later ones move it by a fifth", () => {
  const first = smoothed({}, "a", 100);
  expect(smoothed(first, "a", 200)).toEqual({ a: 120 });
});

test("smoothedAtLeast: a bound below what is known says nothing, one above it counts, also for a deployment that was never measured", () => {
  const known = { a: 100 };
  expect(smoothedAtLeast(known, "a", 80)).toBe(known);
  expect(smoothedAtLeast(known, "a", 600)).toEqual({ a: 200 });
  expect(smoothedAtLeast(known, "b", 80)).toBe(known);
  expect(smoothedAtLeast(known, "b", 500)).toEqual({ a: 100, b: 500 });
  expect(smoothedAtLeast({}, "b", 500)).toEqual({});
});
