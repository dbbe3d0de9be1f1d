import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRunDirectory } from "../lab/live/directory.ts";
import { scenarioNames } from "../lab/plan/library.ts";
import { recompute } from "../lab/plan/recompute.ts";
import { resolveRun } from "../lab/plan/resolve-run.ts";
import { inputsEvidence } from "../observer/inputs-evidence.ts";
import { readArrivals, readPlan } from "../observer/run-files.ts";

const root = mkdtempSync(path.join(tmpdir(), "blastlab-run-evidence-"));
afterAll(() => rmSync(root, { recursive: true }));

/** What is written before a live run, as the observer reads it after the run. */
test.each(scenarioNames())("inputsEvidence: plan and arrivals of %s, as its run directory keeps them, are what its inputs give", async (scenario) => {
  const directory = path.join(root, scenario);
  await createRunDirectory(directory, resolveRun({ scenario, stack: "hardened", seed: 1, sets: [] }));
  const plan = readPlan(directory);
  const { arrivals, faults } = readArrivals(directory, plan.arrivalCount);
  expect(faults).toEqual([]);
  expect(inputsEvidence(recompute(directory), { plan, arrivals }, null)).toMatchObject({ recomputed: true, problems: [] });
});
