import fc from "fast-check";
import { expect, test } from "vitest";
import { effectKinds, type PlannedEffect } from "../../kernel/effects.ts";
import { drawEffect, effectProblems } from "./effects.ts";
import { examplePhase } from "./examples.ts";

const key = (requestId: string, ordinal = 0) => ({ seed: 1, deployment: "primary", requestId, ordinal });
const force = (...effects: readonly PlannedEffect[]) => ({ incident: "test", phase: { ...examplePhase, effects } });
const ids = Array.from({ length: 20_000 }, (_, index) => `r${index}`);

test("drawEffect: none without an incident, or in a phase without effects", () => {
  expect(drawEffect(key("r1"), null, true)).toBeNull();
  expect(drawEffect(key("r1"), { incident: "test", phase: examplePhase }, true)).toBeNull();
});

test("drawEffect: each share is met, and the rest have no effect", () => {
  const kinds = ids.map((id) => drawEffect(key(id), force({ kind: "stall", share: 0.2 }, { kind: "empty_200", share: 0.3 }), true)?.kind ?? null);
  const share = (kind: string | null) => kinds.filter((one) => one === kind).length / kinds.length;
  expect(share("stall")).toBeCloseTo(0.2, 1);
  expect(share("empty_200")).toBeCloseTo(0.3, 1);
  expect(share(null)).toBeCloseTo(0.5, 1);
});

test("drawEffect: an attempt that is hit at a share is hit at every higher share", () => {
  const hit = (id: string, share: number) => drawEffect(key(id), force({ kind: "stall", share }), true) !== null;
  fc.assert(fc.property(fc.string(), fc.double({ min: 0, max: 0.5, noNaN: true }), (id, share) => !hit(id, share) || hit(id, share + 0.5)));
});

test("drawEffect: fail_first hits exactly the first attempts of each request", () => {
  const effects = force({ kind: "fail_first", times: 2, status: 500 }, { kind: "stall", share: 1 });
  const kinds = [0, 1, 2, 3].map((ordinal) => drawEffect(key("r1", ordinal), effects, true)?.kind);
  expect(kinds).toEqual(["fail_first", "fail_first", "stall", "stall"]);
});

test.each(["duplicated", "reordered", "error_mid_stream", "clean_end"] as const)("drawEffect: %s leaves a JSON answer alone", (kind) => {
  expect(drawEffect(key("r1"), force({ kind }), true)?.kind).toBe(kind);
  expect(drawEffect(key("r1"), force({ kind }), false)).toBeNull();
});

test("effectProblems: none for a valid effect of every kind, a sentence for each problem", () => {
  for (const kind of effectKinds) expect(effectProblems([{ kind }])).toEqual([]);
  expect(effectProblems([{ kind: "stall", share: 0.7 }, { kind: "malformed", share: 0.7 }])).toEqual([expect.stringMatching(/add up to 1.4/)]);
  expect(effectProblems([{ kind: "stall" }, { kind: "fail_first" }])).toEqual([]);
  const faulty = effectProblems([{ kind: "fail_first", times: 0, status: 200 }, { kind: "slow_drip", share: -1, bytesPerSecond: 0 }]);
  expect(faulty.map((problem) => /(status|times|share|bytesPerSecond)/.exec(problem)![0])).toEqual(["status", "times", "share", "bytesPerSecond"]);
});
