import { expect, test } from "vitest";
import type { Verdict, VerdictKind } from "../../kernel/verdict.ts";
import { viewOf } from "../../observer/view/view-of.ts";
import { plan, verdict } from "../board/fixtures/run.ts";
import { paintFor } from "../board/paint.ts";
import { seedsText, worstOf } from "./seeds-text.ts";

const runOf = (seed: number, kind: VerdictKind, measures: Partial<NonNullable<Verdict["measures"]>>): Verdict => ({ ...verdict, seed, verdict: kind, reasons: [`because of ${seed}`], measures: { ...verdict.measures!, ...measures } });

const runs = [0.1, 0.3, 0.2, 0.4, 0.5, 0.6].map((radius, index) =>
  runOf(index + 1, index === 5 ? "deviated" : "held", { blastRadius: { ...verdict.measures!.blastRadius!, share: radius, evidence: [radius, radius] }, recoveryMs: index > 3 ? null : index * 1_000, detectionMs: index === 0 ? 2_000 : null }),
);
const text = seedsText(runs.map((one) => viewOf({ plan: { ...plan, seed: one.seed }, verdict: one })), paintFor({}));
const rowOf = (label: string) => text.split("\n").find((line) => line.startsWith(`  ${label} `))!.trim().split(/ {2,}/);

test("seedsText: how many seeds ended how, and each seed's own verdict and reason", () => {
  expect(text.split("\n")[0]).toBe("DEVIATED 1 of 6, HELD 5 of 6  demo on hardened  A demonstration");
  expect(rowOf("6")).toEqual(["6", "deviated", "60 %", "because of 6"]);
});

test("seedsText: a measure's median, its interval, and its extremes over the seeds", () => {
  expect(rowOf("blast radius")).toEqual(["blast radius", "35 %", "10 % to 60 %", "10 %", "60 %", "6 of 6"]);
});

test("seedsText: what never came within the run counts as longer than all, and a text as no number", () => {
  expect(rowOf("recovery")).toEqual(["recovery", "2 s", "0 ms to > 30 s", "0 ms", "> 30 s", "6 of 6"]);
  expect(rowOf("detection")).toEqual(["detection", "2 s", "too few seeds", "2 s", "2 s", "1 of 6"]);
});

test.each([
  [["held", "held"], "held"],
  [["held", "deviated"], "deviated"],
  [["deviated", "unknown", "held"], "unknown"],
  [["unknown", "failed", "deviated"], "failed"],
] as const)("worstOf: %j ends as %s", (kinds, worst) => {
  expect(worstOf(kinds.map((kind) => runOf(1, kind, {})))).toBe(worst);
});
