import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import path from "node:path";
import { controlPlanOf } from "../../kernel/control-plan.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { controlPart } from "../../kernel/plan-digest.ts";
import { parseStack } from "../../scenarios/parse.ts";
import { fileLimits, readJson, readPlan, readText } from "../files.ts";
import { controlDirectory } from "../live/directory.ts";
import { arrivalsDifference } from "./arrivals-difference.ts";
import { firstDifference } from "./difference.ts";
import { inputFiles } from "./kept-inputs.ts";
import { recompute } from "./recompute.ts";
import type { ResolvedRun } from "./resolve-run.ts";

const sameInputs = "Give a run without faults of the same scenario, stack and seed: the directory `control` of an earlier paired run is one";

/**
 * Whether an earlier run can be the control of this one. Throws LabError `refused`: `control_unfit` with the reason,
 * `run_unreadable`.
 */
export function checkControl(directory: string, run: ResolvedRun): void {
  const plan = readPlan(directory);
  const problem = faultsProblem(directory, plan) ?? otherRun(directory, plan, run) ?? unfinished(directory) ?? otherLoad(directory, plan, run) ?? altered(directory);
  if (problem === null) return;
  throw new LabError({ exit: "refused", code: "control_unfit", message: `Cannot use "${directory}" as the control: ${problem.what}`, hint: problem.hint ?? sameInputs });
}

interface Problem {
  readonly what: string;
  readonly hint?: string;
}

function faultsProblem(directory: string, { faults }: Plan): Problem | null {
  if (faults.length === 0) return null;
  const own = controlDirectory(directory);
  return { what: `it had faults (${faults.map(({ id }) => id).join(", ")}); a control has none`, ...(existsSync(own) ? { hint: `Its own control has none: give ${own}` } : {}) };
}

function otherRun(directory: string, plan: Plan, run: ResolvedRun): Problem | null {
  for (const part of ["scenario", "stack", "seed"] as const) {
    if (plan[part] !== run.plan[part]) return { what: `its ${part} is ${plan[part]}, and this run's ${run.plan[part]}` };
  }
  const settings = attempt(() => firstDifference(parseStack(readText(path.join(directory, inputFiles.stack), fileLimits.scenarioBytesMax), inputFiles.stack), run.stack));
  return settings === null ? null : { what: `its stack is set otherwise: ${settings}` };
}

function unfinished(directory: string): Problem | null {
  const reason = attempt(() => {
    const end = readJson(path.join(directory, "end.json"), fileLimits.endBytesMax) as { readonly reason?: unknown } | null;
    return end?.reason === "completed" ? null : `it ended as ${String(end?.reason)}`;
  });
  return reason === null ? null : { what: `it was not finished: ${reason}`, hint: "Give a run that was finished" };
}

function otherLoad(directory: string, plan: Plan, { plan: planned, arrivals }: ResolvedRun): Problem | null {
  const difference = firstDifference(controlPart(plan), controlPart(controlPlanOf(planned)));
  if (difference !== null) return { what: `its plan differs: ${difference}` };
  const other = attempt(() => arrivalsDifference(directory, arrivals));
  return other === null ? null : { what: `its arrivals differ: ${other}` };
}

/** Somebody has edited it, or another planner made it. */
function altered(directory: string): Problem | null {
  const { planned, problems } = recompute(directory);
  const [first] = [...problems, ...[planned?.plan.difference, planned?.arrivals.difference].flatMap((difference) => difference ?? [])];
  return first === undefined ? null : { what: `it is not what its own inputs give. ${first}`, hint: "Run the control again" };
}

/** What `act` finds, or what it throws. */
function attempt(act: () => string | null): string | null {
  try {
    return act();
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Copies a control into a run's directory, which then holds all that its verdict rests on. Logs and verdict stay
 * behind.
 */
export async function copyControl(from: string, root: string): Promise<void> {
  const leftBehind = new Set(["logs", "config", "control", "verdict.json", "report.md", "report.html"].map((name) => path.resolve(from, name)));
  await cp(from, controlDirectory(root), { recursive: true, filter: (source) => !leftBehind.has(path.resolve(source)) });
}
