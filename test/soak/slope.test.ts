import { expect, test } from "vitest";
import { normal, seededRng } from "../../kernel/rng.ts";
import { blockSlope, type Point, SAMPLES_MIN } from "./slope.ts";

const HOUR_MS = 3_600_000;

/** One value every ten seconds. */
const series = (values: readonly number[]): Point[] => values.map((value, index) => ({ atMs: index * 10_000, value }));

/** 25 minutes of a line with noise of which each value keeps `kept` of the one before. */
function wavering(seed: number, perHour: number, kept: number): Point[] {
  const rng = seededRng(seed, "slope");
  let noise = normal(rng) / Math.sqrt(1 - kept * kept);
  return series(
    Array.from({ length: 150 }, (_, index) => {
      noise = kept * noise + normal(rng);
      return (perHour * index * 10_000) / HOUR_MS + noise;
    }),
  );
}

test("blockSlope: a line without noise is its own slope, and both ends of the interval", () => {
  const { perHour, lowerPerHour, upperPerHour } = blockSlope(series(Array.from({ length: 60 }, (_, index) => 7 + index)));
  for (const value of [perHour, lowerPerHour, upperPerHour]) expect(value).toBeCloseTo(360, 6);
});

test("blockSlope: a level series has no slope", () => {
  expect(blockSlope(series(Array.from({ length: 40 }, () => 5)))).toEqual({ perHour: 0, lowerPerHour: 0, upperPerHour: 0, lag1: { samples: 0, blocks: 0 } });
});

/**
 * By hand: the spread of 0..9 is 82.5, that of the values 2.5, and their product 2.5; residuals have 8 degrees of
 * freedom.
 */
test("blockSlope: the interval is that of a regression through ten means", () => {
  const { perHour, upperPerHour, lag1 } = blockSlope(Array.from({ length: 100 }, (_, atMs) => ({ atMs, value: Math.floor(atMs / 10) % 2 })));
  const perBlock = (value: number) => (value / HOUR_MS) * 10;
  expect(perBlock(perHour)).toBeCloseTo(2.5 / 82.5, 9);
  expect(perBlock(upperPerHour - perHour)).toBeCloseTo(2.306 * Math.sqrt((2.5 - 2.5 ** 2 / 82.5) / 8 / 82.5), 9);
  expect(lag1.blocks).toBeLessThan(-0.8);
});

test.each([0, 0.5, 0.8])("blockSlope: of series whose noise keeps %d of itself, the truth is above the upper end in about one of forty", (kept) => {
  const runs = 2_000;
  let above = 0;
  for (let seed = 0; seed < runs; seed++) if (blockSlope(wavering(seed, 3, kept)).upperPerHour < 3) above++;
  expect(above / runs).toBeGreaterThan(0.012);
  expect(above / runs).toBeLessThan(0.055);
});

test("blockSlope: a leak of 4 units an hour in noise of 1 is seen", () => {
  for (let seed = 0; seed < 50; seed++) expect(blockSlope(wavering(seed, 4, 0.3)).upperPerHour).toBeGreaterThan(1);
});

test("blockSlope: too few samples and a gap are said to be so", () => {
  expect(() => blockSlope(series(Array.from({ length: SAMPLES_MIN - 1 }, () => 1)))).toThrow(/19 samples/);
  const gap = [...Array.from({ length: 30 }, (_, index) => ({ atMs: index, value: 1 })), { atMs: 1_000, value: 1 }];
  expect(() => blockSlope(gap)).toThrow(/no sample in block 2/);
});
