import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { MeasureName } from "../kernel/plan.ts";
import { badCauses, type WrongKind } from "../kernel/judgement.ts";
import { countedMetricNames, observerMetricNames } from "../kernel/metric-names.ts";

/** Complete by the compiler: a new name without a line here does not type-check. */
const measures: Record<MeasureName, true> = {
  blastRadius: true,
  badWindowShare: true,
  reach: true,
  clientReach: true,
  depth: true,
  containment: true,
  silentShare: true,
  badShare: true,
  amplification: true,
  herdFactor: true,
  moneyHerd: true,
  dip: true,
  idleReplicas: true,
  packageReach: true,
  tokenWaste: true,
  recoveryMs: true,
  detectionMs: true,
  wrongAnswers: true,
  errorBudgetBurned: true,
};
const wrongKinds: Record<WrongKind, true> = {
  no_mark: true,
  mixed_marks: true,
  lost: true,
  doubled: true,
  foreign_word: true,
  cross_tenant: true,
  other_intent: true,
  foreign_answer: true,
  transformed: true,
  wrong_provider: true,
  wrong_model: true,
};

const page = readFileSync(path.resolve(import.meta.dirname, "../docs/metrics.md"), "utf8");
const firstCells = page.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.split("|")[1]!);
const documented = new Set(firstCells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]!)));

test.each([...Object.keys(measures), ...Object.keys(wrongKinds), ...badCauses])("docs/metrics.md: %s has its own row", (name) => {
  expect(documented).toContain(name);
});

test("docs/metrics.md: every row is of something that exists: nothing is documented that is gone", () => {
  const verdicts = ["held", "deviated", "not_recovered", "unknown", "failed", "interrupted"];
  const metrics = [...Object.values(observerMetricNames), ...Object.values(countedMetricNames)];
  const known = new Set<string>([...Object.keys(measures), ...Object.keys(wrongKinds), ...badCauses, ...verdicts, ...metrics]);
  expect([...documented].filter((name) => !known.has(name))).toEqual([]);
});
