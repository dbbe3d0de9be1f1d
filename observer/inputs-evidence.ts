import { createHash } from "node:crypto";
import type { Arrival, Plan } from "../kernel/plan.ts";
import { controlPart, digestOf, plannedPart } from "../kernel/plan-digest.ts";
import type { PlannedPart, PlannedParts, Recomputation } from "../kernel/recomputation.ts";
import type { InputsEvidence } from "./measure/inputs.ts";

/** What a run directory has of what was planned. */
export interface KeptPlan {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
}

const notCompared: InputsEvidence = {
  sha256: null,
  recomputed: false,
  planDiffers: false,
  problems: ["Nothing shows that the plan is what the run's inputs give: it was not recomputed."],
  notes: [],
};

/**
 * Whether plan and arrivals, as they were read, are what the run's inputs give. `control`: the same of the paired
 * control, where there is one.
 */
export function inputsEvidence(recomputation: Recomputation | null, run: KeptPlan, control: KeptPlan | null): InputsEvidence {
  if (recomputation === null) return notCompared;
  const { inputs, planned, problems, notes } = recomputation;
  const differing = planned === null ? [] : [...differences(plannedPart(run.plan), run.arrivals, { expected: planned, whose: "The" }), ...controlDifferences(control, recomputation.control)];
  return {
    sha256: inputs,
    recomputed: planned !== null && differing.length === 0,
    planDiffers: differing.some(({ part }) => part === "plan"),
    problems: [...problems, ...differing.map(({ sentence }) => sentence)],
    notes,
  };
}

/**
 * Whether the plan is another one than the inputs give: then nothing is measured by it, and nothing of what it claims
 * may decide how much is read.
 */
export function planDiffers(recomputation: Recomputation | null, plan: Plan): boolean {
  const planned = recomputation?.planned ?? null;
  return planned !== null && digestOf([plannedPart(plan)], createHash) !== planned.plan.digest;
}

interface Difference {
  readonly part: keyof PlannedParts;
  readonly sentence: string;
}

function controlDifferences(control: KeptPlan | null, expected: PlannedParts | null): readonly Difference[] {
  return control === null ? [] : differences(controlPart(control.plan), control.arrivals, { expected, whose: "The control's" });
}

function differences(plan: object, arrivals: readonly Arrival[], { expected, whose }: { readonly expected: PlannedParts | null; readonly whose: string }): readonly Difference[] {
  const difference = (part: keyof PlannedParts, values: Iterable<unknown>, verb: string): readonly Difference[] =>
    digestOf(values, createHash) === expected?.[part].digest ? [] : [{ part, sentence: `${whose} ${part} ${verb} not what the run's inputs give${detailOf(expected?.[part])}.` }];
  return [...difference("plan", [plan], "is"), ...difference("arrivals", arrivals, "are")];
}

const detailOf = (expected: PlannedPart | undefined): string => (expected === undefined || expected.difference === null ? "" : `: ${expected.difference}`);
