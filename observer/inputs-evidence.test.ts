import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { controlPart, digestOf, plannedPart } from "../kernel/plan-digest.ts";
import type { Recomputation } from "../kernel/recomputation.ts";
import { inputsEvidence } from "./inputs-evidence.ts";
import { HandMadeRun } from "./measure/testing.ts";

const run = new HandMadeRun();
run.good("red", 0);
const kept = { plan: run.plan(), arrivals: run.arrivals };
const part = (digest: string, difference: string | null = null) => ({ digest, difference });
const arrivals = part(digestOf(kept.arrivals, createHash));
const planned = { plan: part(digestOf([plannedPart(kept.plan)], createHash)), arrivals };
const recomputation: Recomputation = { inputs: "ab", planned, control: null, problems: [], notes: ["A note."] };

test("inputsEvidence: what was recomputed and is the same is no problem, and the notes stay", () => {
  expect(inputsEvidence(recomputation, kept, null)).toEqual({ sha256: "ab", recomputed: true, planDiffers: false, problems: [], notes: ["A note."] });
});

test("inputsEvidence: the observer goes by its own reading; the lab's word only names the place", () => {
  const other = { ...kept, plan: run.plan({ seed: 8 }) };
  const problem = "The plan is not what the run's inputs give";
  expect(inputsEvidence(recomputation, other, null)).toMatchObject({ recomputed: false, planDiffers: true, problems: [`${problem}.`] });
  const named = { ...recomputation, planned: { ...planned, plan: part(planned.plan.digest, "seed is 8, not 7") } };
  expect(inputsEvidence(named, other, null)).toMatchObject({ planDiffers: true, problems: [`${problem}: seed is 8, not 7.`] });
  expect(inputsEvidence(named, kept, null)).toMatchObject({ recomputed: true, problems: [] });
});

test("inputsEvidence: other arrivals, and a control that is not the run's, are each a problem", () => {
  expect(inputsEvidence(recomputation, { ...kept, arrivals: [] }, null)).toMatchObject({ planDiffers: false, problems: ["The arrivals are not what the run's inputs give."] });
  const same = { ...recomputation, control: { plan: part(digestOf([controlPart(kept.plan)], createHash)), arrivals } };
  expect(inputsEvidence(same, kept, { ...kept, plan: run.plan({ run: "x", expectations: [] }) })).toMatchObject({ recomputed: true, problems: [] });
  const controlled = { ...recomputation, control: { arrivals, plan: part("cd", "faults.0 should not be there") } };
  expect(inputsEvidence(controlled, kept, kept)).toMatchObject({ planDiffers: true, problems: ["The control's plan is not what the run's inputs give: faults.0 should not be there."] });
  expect(inputsEvidence(recomputation, kept, kept).problems).toHaveLength(2);
});

test("inputsEvidence: what was not recomputed is a problem, or a note where a person accepts it", () => {
  expect(inputsEvidence(null, kept, null)).toMatchObject({ sha256: null, recomputed: false, problems: [expect.stringContaining("it was not recomputed")] });
  expect(inputsEvidence({ ...recomputation, planned: null, problems: ["It could not be."] }, kept, null)).toMatchObject({ recomputed: false, planDiffers: false, problems: ["It could not be."] });
  expect(inputsEvidence({ ...recomputation, planned: null }, kept, null)).toMatchObject({ recomputed: false, problems: [], notes: ["A note."] });
});
