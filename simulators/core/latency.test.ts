import fc from "fast-check";
import { expect, test } from "vitest";
import { mean, quantile } from "../../kernel/stats.ts";
import { exampleDeployment, examplePhase } from "./examples.ts";
import { drawAcceptedMs, drawSchedule, wordsBy } from "./latency.ts";

const profile = exampleDeployment.latency;
const key = (index: number) => ({ seed: 1, deployment: "primary", requestId: `r${index}`, ordinal: 0 });
const schedules = (words: number, phase = examplePhase) => Array.from({ length: 4000 }, (_, index) => drawSchedule(key(index), profile, phase, words));

test("drawSchedule: first tokens are log-normal by the profile", () => {
  const first = schedules(1).map((schedule) => schedule.wordMs[0]!);
  expect(quantile(first, 0.5) / 400).toBeCloseTo(1, 1);
  expect(quantile(first, 0.95) / quantile(first, 0.5)).toBeCloseTo(Math.exp(1.645 * 0.4), 1);
});

test("drawSchedule: tokens follow at the profile's speed, exponentially", () => {
  const gaps = schedules(2).map(({ wordMs }) => wordMs[1]! - wordMs[0]!);
  expect(mean(gaps) / 10).toBeCloseTo(1, 1);
  expect(quantile(gaps, 0.5) / 10).toBeCloseTo(Math.LN2, 1);
});

test("drawSchedule: a phase's factor scales every part of the same draw, and its added latency shifts it", () => {
  const normal = drawSchedule(key(1), profile, null, 20).wordMs;
  const slow = drawSchedule(key(1), profile, { ...examplePhase, latencyFactor: 4, addedLatencyMs: 500 }, 20).wordMs;
  slow.forEach((atMs, index) => expect(atMs).toBeCloseTo(4 * normal[index]! + 500, 6));
});

test("drawSchedule: a longer answer begins with the schedule of a shorter one of the same attempt", () => {
  expect(drawSchedule(key(1), profile, null, 50).wordMs.slice(0, 10)).toEqual(drawSchedule(key(1), profile, null, 10).wordMs);
});

test("drawSchedule: accepted no later than its first word", () => {
  const fast = { ...profile, firstTokenMsP50: 1 };
  const schedule = drawSchedule(key(1), fast, null, 3);
  expect(schedule.acceptedMs).toBe(schedule.wordMs[0]);
});

test("drawAcceptedMs: 50 to 150 ms", () => {
  const delays = Array.from({ length: 2000 }, (_, index) => drawAcceptedMs(key(index)));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...delays)).toBeLessThan(150);
  expect(mean(delays) / 100).toBeCloseTo(1, 1);
});

test("wordsBy: as many as are due", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), fc.nat(1100), (times, elapsedMs) => {
      const wordMs = times.sort((a, b) => a - b);
      expect(wordsBy({ acceptedMs: 0, wordMs }, elapsedMs)).toBe(wordMs.filter((atMs) => atMs <= elapsedMs).length);
    }),
  );
});
