import fc from "fast-check";
import { expect, test } from "vitest";
import { shapedPhases, shapeKinds, shapeSchema, type ShapeKind } from "./shapes.ts";

const shape = fc.record({
  kind: fc.constantFrom(...shapeKinds),
  lengthMs: fc.integer({ min: 1, max: 1e7 }),
  level: fc.double({ min: 0.001, max: 1, noNaN: true }),
  latencyFactor: fc.double({ min: 1, max: 20, noNaN: true }),
  addedLatencyMs: fc.integer({ min: 0, max: 60_000 }),
  parts: fc.integer({ min: 2, max: 20 }),
});

test("shapedPhases: every shape lasts its length, never goes above its level, and touches it", () => {
  fc.assert(
    fc.property(shape, (drawn) => {
      const phases = shapedPhases(shapeSchema.parse(drawn));
      expect(phases.reduce((sum, { lengthMs }) => sum + lengthMs, 0)).toBeCloseTo(drawn.lengthMs, 3);
      const levels = phases.map(({ errorRate, wrongOutputRate }) => errorRate + wrongOutputRate);
      expect(Math.max(...levels)).toBeLessThanOrEqual(drawn.level + 1e-12);
      if (drawn.kind !== "latency_only" && drawn.kind !== "plateau") expect(Math.max(...levels)).toBeCloseTo(drawn.level, 9);
      for (const phase of phases) expect(phase.latencyFactor).toBeGreaterThanOrEqual(1);
    }),
  );
});

const levels = (kind: ShapeKind) =>
  shapedPhases(shapeSchema.parse({ kind, lengthMs: 100_000, level: 1, parts: 4, latencyFactor: 5 })).map(({ errorRate }) => errorRate);
const rises = (list: readonly number[]) => list.every((level, index) => index === 0 || level >= list[index - 1]!);

test("shapedPhases: each shape has the form that it is named after", () => {
  expect(levels("step")).toEqual([1]);
  expect(rises(levels("delayed_ramp"))).toBe(true);
  expect(levels("delayed_ramp")[0]).toBeLessThan(0.1);
  const plateau = levels("plateau");
  expect(plateau[1]).toBeGreaterThan(plateau[0]!);
  expect(plateau[2]).toBeGreaterThan(plateau[3]!);
  expect(levels("flapping")).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  expect(levels("two_waves")[1]).toBe(0);
  expect(levels("worse_in_recovery")).toEqual([0.25, 1]);
  const [first, calm, again] = levels("false_recovery");
  expect(calm!).toBeLessThan(again!);
  expect(again!).toBeLessThan(first!);
});

test("shapedPhases: a staircase hits fewer of the same clients from step to step", () => {
  const phases = shapedPhases(shapeSchema.parse({ kind: "staircase", lengthMs: 90_000, level: 0.5, parts: 3 }));
  expect(phases.map(({ errorRate, select }) => [errorRate, select?.clientShare ?? 1])).toEqual([[0.5, 1], [0.5, 2 / 3], [0.5, 1 / 3]]);
});

test("shapedPhases: latency alone fails nothing, silent wrong answers are no failures", () => {
  expect(shapedPhases(shapeSchema.parse({ kind: "latency_only", lengthMs: 1, level: 1, addedLatencyMs: 30_000 }))).toMatchObject([{ errorRate: 0, wrongOutputRate: 0, addedLatencyMs: 30_000 }]);
  expect(shapedPhases(shapeSchema.parse({ kind: "silent_wrong", lengthMs: 1, level: 0.3 }))).toMatchObject([{ errorRate: 0, wrongOutputRate: 0.3 }]);
});
