import { expect, test } from "vitest";
import { percentAt, ticksOf } from "./axis.ts";

const axis = { fromMs: 0, toMs: 180_000 };

test("percentAt: a moment in percent of the axis, kept between its ends", () => {
  expect([0, 45_000, 180_000, -5, 200_000].map((atMs) => percentAt(axis, atMs))).toEqual([0, 25, 100, 0, 100]);
  expect(percentAt({ fromMs: 5, toMs: 5 }, 5)).toBe(0);
});

test("ticksOf: round moments, never more than asked for", () => {
  expect(ticksOf(axis, 7)).toEqual([0, 30_000, 60_000, 90_000, 120_000, 150_000, 180_000]);
  expect(ticksOf({ fromMs: 0, toMs: 7_200_000 }, 7)).toHaveLength(7);
  expect(ticksOf({ fromMs: 0, toMs: 40 * 86_400_000 }, 5)).toHaveLength(5);
  expect(ticksOf({ fromMs: 3, toMs: 3 }, 5)).toEqual([3]);
});
