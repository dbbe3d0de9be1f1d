import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { controlPlanOf } from "../../kernel/control-plan.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { controlPart, digestOf, plannedPart } from "../../kernel/plan-digest.ts";
import type { PlannedPart, Recomputation } from "../../kernel/recomputation.ts";
import { readJson } from "../files.ts";
import { arrivalsDifference, arrivalsFile } from "./arrivals-difference.ts";
import { firstDifference } from "./difference.ts";
import { inputFiles, inputsDigest, readInputs } from "./kept-inputs.ts";
import { planFromInputs } from "./plan-from-inputs.ts";
import { plannerVersion } from "./planner-version.ts";

export interface RecomputeOptions {
  /** Judge a plan that another version of the planner made by what is kept of it. */
  readonly acceptVersion?: boolean;
}

/**
 * Plan and arrivals of a run directory, computed again from the inputs that it keeps, and compared with what it has.
 * Its size bounds the work. Throws nothing: whatever is missing or damaged is among the problems.
 */
export function recompute(directory: string, { acceptVersion = false }: RecomputeOptions = {}): Recomputation {
  const given = attempt(() => readInputs(directory));
  if ("problem" in given) return notComputed(null, [`The plan could not be recomputed from the run's inputs: ${given.problem}. ${hintOf(directory)}`]);
  const inputs = inputsDigest(given.value);
  const { planner } = given.value.kept;
  if (planner !== plannerVersion) {
    const sentence = `The plan was not recomputed: version ${planner} of the planner made it, and this is version ${plannerVersion}.`;
    return acceptVersion ? notComputed(inputs, [], [`${sentence} It was accepted as it is kept.`]) : notComputed(inputs, [`${sentence} --accept-version judges by the plan as it is kept.`]);
  }
  const size = attempt(() => statSync(path.join(directory, arrivalsFile)).size);
  const requestsMax = smallRunRequests + ("value" in size ? size.value : 0) / arrivalBytesMin;
  const made = attempt(() => planFromInputs(given.value, { run: "", requestsMax }));
  if ("problem" in made) return notComputed(inputs, [`The plan could not be recomputed from the run's inputs: ${made.problem}.`]);
  const { plan, arrivals } = made.value;
  const control = path.join(directory, "control");
  return {
    inputs,
    planned: { plan: comparedPlan(directory, plan, plannedPart), arrivals: comparedArrivals(directory, arrivals) },
    control: existsSync(control) ? { plan: comparedPlan(control, controlPlanOf(plan), controlPart), arrivals: comparedArrivals(control, arrivals) } : null,
    problems: [],
    notes: [],
  };
}

function notComputed(inputs: string | null, problems: readonly string[], notes: readonly string[] = []): Recomputation {
  return { inputs, planned: null, control: null, problems, notes };
}

/** A directory that has none of them is of a version that kept none. */
function hintOf(directory: string): string {
  const old = !existsSync(path.join(directory, inputFiles.kept));
  return old ? "Runs of earlier versions kept none: run the scenario again." : "Restore the file, or run the scenario again.";
}

/** A plan that is much larger than what the inputs give is another one, and is not read. */
const fileSlackBytes = 1 << 16;
/** An arrival takes more bytes than this in its file. */
const arrivalBytesMin = 50;
/** A run of so many requests is drawn whatever its files are like. */
const smallRunRequests = 10_000;

/** What the inputs give, and where the plan that is kept first differs from it. `part`: what of a plan counts. */
function comparedPlan(directory: string, plan: Plan, part: (plan: Plan) => object): PlannedPart {
  const difference = () => {
    const kept = readJson(path.join(directory, "plan.json"), fileSlackBytes + 2 * JSON.stringify(plan, null, 1).length) as Plan | null;
    return firstDifference(typeof kept?.timeline === "object" ? part(kept) : kept, part(plan));
  };
  return { digest: digestOf([part(plan)], createHash), difference: differenceOf(difference) };
}

function comparedArrivals(directory: string, arrivals: readonly Arrival[]): PlannedPart {
  return { digest: digestOf(arrivals, createHash), difference: differenceOf(() => arrivalsDifference(directory, arrivals)) };
}

/** What cannot be read differs. */
function differenceOf(compare: () => string | null): string | null {
  const found = attempt(compare);
  if ("problem" in found) return found.problem;
  return found.value === null ? null : inALine(found.value);
}

/**
 * All of it goes into one argument of the observer's process, and into a sentence: what a file says of itself may be of
 * any length.
 */
const textMax = 400;

function inALine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= textMax ? line : `${line.slice(0, textMax)}…`;
}

function attempt<T>(act: () => T): { readonly value: T } | { readonly problem: string } {
  try {
    return { value: act() };
  } catch (error) {
    return { problem: inALine(messageOf(error)) };
  }
}
