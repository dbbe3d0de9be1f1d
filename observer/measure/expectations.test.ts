import { expect, test } from "vitest";
import type { MeasureName } from "../../kernel/plan.ts";
import type { Measures } from "../../kernel/verdict.ts";
import { measureExpectations } from "./expectations.ts";
import { judge } from "./judge.ts";
import { HandMadeRun } from "./testing.ts";

const run = new HandMadeRun();
run.every(100, 0, 100_001, (atMs) => run.good("red", atMs));
const measures = judge(run.plan(), run.records()).measures!;

const coverage = { exposureMs: 80_000, firstTokensTimed: true };

function resultOf(measure: MeasureName, limits: { atMost?: number; atLeast?: number }, changes: Partial<Measures> = {}) {
  return measureExpectations([{ measure, ...limits }], { ...measures, ...changes }, coverage)[0]!.result;
}

test("measureExpectations: a range is held, deviated, or unknown where the limit cuts it", () => {
  const badWindowShare = [0.1, 0.2] as const;
  expect(resultOf("badWindowShare", { atMost: 0.2 }, { badWindowShare })).toBe("held");
  expect(resultOf("badWindowShare", { atMost: 0.19 }, { badWindowShare })).toBe("unknown");
  expect(resultOf("badWindowShare", { atMost: 0.09 }, { badWindowShare })).toBe("deviated");
  expect(resultOf("badWindowShare", { atLeast: 0.1 }, { badWindowShare })).toBe("held");
  expect(resultOf("badWindowShare", { atLeast: 0.11 }, { badWindowShare })).toBe("unknown");
  expect(resultOf("badWindowShare", { atLeast: 0.21 }, { badWindowShare })).toBe("deviated");
  expect(resultOf("badWindowShare", { atLeast: 0.1, atMost: 0.2 }, { badWindowShare })).toBe("held");
});

test("measureExpectations: the blast radius is held against its value, and is unknown only where evidence could cross the limit; its interval decides nothing", () => {
  const blastRadius = { ...measures.blastRadius!, share: 0.15, evidence: [0.15, 0.15] as const, interval: [0.05, 0.3] as const };
  expect(resultOf("blastRadius", { atMost: 0.15 }, { blastRadius })).toBe("held");
  expect(resultOf("blastRadius", { atMost: 0.14 }, { blastRadius })).toBe("deviated");
  expect(resultOf("blastRadius", { atMost: 0.16 }, { blastRadius: { ...blastRadius, evidence: [0.15, 0.17] } })).toBe("unknown");
  expect(resultOf("blastRadius", { atMost: 1 }, { blastRadius: null })).toBe("unknown");
});

test("measureExpectations: a recovery that never came is beyond what was watched", () => {
  const never = { recoveryMs: null, recoveryObservedMs: 40_000 };
  expect(resultOf("recoveryMs", { atMost: 10_000 }, never)).toBe("deviated");
  expect(resultOf("recoveryMs", { atMost: 40_000 }, never)).toBe("deviated");
  expect(resultOf("recoveryMs", { atMost: 50_000 }, never)).toBe("unknown");
  expect(resultOf("recoveryMs", { atLeast: 40_000 }, never)).toBe("held");
});

test("measureExpectations: an alarm that never came is beyond the exposure", () => {
  expect(resultOf("detectionMs", { atMost: 30_000 }, { detectionMs: null })).toBe("deviated");
  expect(resultOf("detectionMs", { atMost: 30_000 }, { detectionMs: 5_000 })).toBe("held");
});

test("measureExpectations: what could not be measured is unknown", () => {
  expect(resultOf("containment", { atLeast: 0.9 }, { containment: null, depth: 0.5 })).toBe("unknown");
  expect(measureExpectations([{ measure: "badShare", atMost: 1 }], null, coverage)).toEqual([{ measure: "badShare", atMost: 1, value: null, result: "unknown" }]);
});

test("measureExpectations: where nothing was damaged any containment holds, and where a cell was or may have been hit it does not", () => {
  expect(resultOf("containment", { atLeast: 1 }, { containment: null })).toBe("held");
  const reach = { ...measures.reach, cells: { ...measures.reach.cells, share: [0, 0.5] as const } };
  expect(resultOf("containment", { atLeast: 1 }, { containment: null, reach })).toBe("unknown");
});

test("measureExpectations: without first-token times, what depends on which requests were late is unknown", () => {
  const results = (measure: MeasureName) => measureExpectations([{ measure, atMost: 1 }], { ...measures, amplification: 1 }, { ...coverage, firstTokensTimed: false })[0]!;
  expect(results("badShare")).toMatchObject({ value: null, result: "unknown" });
  expect(results("recoveryMs")).toMatchObject({ value: null, result: "unknown" });
  expect(results("amplification")).toMatchObject({ value: [1, 1], result: "held" });
});

test("measureExpectations: an expectation without a limit is inconclusive", () => {
  expect(resultOf("badShare", {})).toBe("unknown");
});
