import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { controlPlanOf } from "../../kernel/control-plan.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { arrivalsDigest, planDigest, plannedPart } from "../../kernel/plan-digest.ts";
import type { PlannedParts, Recomputation } from "../../kernel/recomputation.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { fileLimits, readJson, readLines } from "../files.ts";
import { firstDifference } from "./difference.ts";
import { inputFiles, inputsDigest, readInputs } from "./kept-inputs.ts";
import { planFromInputs } from "./plan-from-inputs.ts";
import { plannerVersion } from "./planner-version.ts";
import type { ResolvedPlan } from "./resolve.ts";

export interface RecomputeOptions {
  /** Judge a plan that another version of the planner made by what is kept of it. */
  readonly acceptVersion?: boolean;
}

/**
 * Plan and arrivals of a run directory, computed again from the inputs that it keeps, and compared with what it has. Its size bounds the work. Throws
 * nothing: whatever is missing or damaged is among the problems.
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
    planned: compared(directory, made.value),
    control: existsSync(control) ? compared(control, { plan: controlPlanOf(plan), arrivals }) : null,
    problems: [],
    notes: [],
  };
}

const arrivalsFile = "arrivals.ndjson";

function notComputed(inputs: string | null, problems: readonly string[], notes: readonly string[] = []): Recomputation {
  return { inputs, planned: null, control: null, problems, notes };
}

/** A directory that has none of them is of a version that kept none. */
function hintOf(directory: string): string {
  const old = !existsSync(path.join(directory, inputFiles.kept));
  return old ? "Runs of earlier versions kept none: run the scenario again." : "Restore the file, or run the scenario again.";
}

/** An arrival takes more bytes than this in its file. */
const arrivalBytesMin = 50;
/** A run of so many requests is drawn whatever its files are like. */
const smallRunRequests = 10_000;

/** What the inputs give, and where the files of the directory first differ from it. */
function compared(directory: string, { plan, arrivals }: ResolvedPlan): PlannedParts {
  const difference = (compare: () => string | null) => {
    const found = attempt(compare);
    return "problem" in found ? found.problem : found.value;
  };
  return {
    plan: { digest: planDigest(plan, createHash), difference: difference(() => planDifference(directory, plan)) },
    arrivals: { digest: arrivalsDigest(arrivals, createHash), difference: difference(() => arrivalsDifference(path.join(directory, arrivalsFile), arrivals)) },
  };
}

function planDifference(directory: string, plan: Plan): string | null {
  const kept = readJson(path.join(directory, "plan.json"), fileLimits.planBytesMax) as Plan | null;
  return firstDifference(typeof kept === "object" && kept !== null ? plannedPart(kept) : kept, plannedPart(plan));
}

function arrivalsDifference(file: string, arrivals: readonly Arrival[]): string | null {
  if (!existsSync(file)) return `${arrivalsFile} is missing`;
  let count = 0;
  for (const { number, bytes } of readLines(file, fileLimits.arrivals)) {
    const line = utf8Text(bytes);
    if (line === "") continue;
    const arrival = arrivals[count++];
    if (arrival === undefined) return `line ${number} is one too many`;
    const difference = line === JSON.stringify(arrival) ? null : firstDifference(JSON.parse(line), arrival);
    if (difference !== null) return `in line ${number}, ${difference}`;
  }
  return count === arrivals.length ? null : `there are ${count} of ${arrivals.length}`;
}

function attempt<T>(act: () => T): { readonly value: T } | { readonly problem: string } {
  try {
    return { value: act() };
  } catch (error) {
    return { problem: messageOf(error).replaceAll(/\s+/g, " ") };
  }
}
