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

test("seedsText: a measure's mean, its interval and its extremes, and that they are over the seeds", () => {
  expect(rowOf("measure")).toEqual(["measure", "mean", "95 % over seeds", "lowest", "highest", "seeds"]);
  /** The deviation of 0.1 to 0.6 is 0.187, and t for 5 degrees 2.571: 0.196 to either side. */
  expect(rowOf("blast radius")).toEqual(["blast radius", "35 %", "15.4 % to 54.6 %", "10 %", "60 %", "6 of 6"]);
});

test("seedsText: runs of one seed are told as runs", () => {
  const again = seedsText([1, 2].map(() => viewOf({ plan, verdict })), paintFor({}));
  expect(again).toContain("95 % over runs");
});

test("seedsText: where something never came within a run there is no mean, and a text is no number", () => {
  expect(rowOf("recovery")).toEqual(["recovery", "-", "-", "0 ms", "> 30 s", "6 of 6"]);
  expect(rowOf("detection")).toEqual(["detection", "2 s", "-", "2 s", "2 s", "1 of 6"]);
});

test("seedsText: whether the bad share can be told from the control's", () => {
  expect(text).toContain("Bad share less that of the control: 9.9 % (99 % over seeds: 9.2 % to 10.6 %). The two are separated.");
  expect(seedsText([viewOf({ plan, verdict })], paintFor({}))).not.toContain("separated");
});

test.each([
  [["held", "held"], "held"],
  [["held", "deviated"], "deviated"],
  [["deviated", "unknown", "held"], "unknown"],
  [["unknown", "failed", "deviated"], "failed"],
] as const)("worstOf: %j ends as %s", (kinds, worst) => {
  expect(worstOf(kinds.map((kind) => runOf(1, kind, {})))).toBe(worst);
});
