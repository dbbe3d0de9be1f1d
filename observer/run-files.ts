import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LabError, messageOf } from "../kernel/errors.ts";
import type { Arrival, Plan } from "../kernel/plan.ts";
import type { RunEnd } from "../kernel/records.ts";

/** `plan.json` of a run directory. Throws LabError `refused` `run_unreadable`: without a plan there is nothing to judge by. */
export function readPlan(directory: string): Plan {
  const file = path.join(directory, "plan.json");
  try {
    const plan = JSON.parse(readFileSync(file, "utf8")) as Plan;
    if (plan.schema !== "blastlab.plan/1") throw new Error(`its schema is "${String(plan.schema)}", not "blastlab.plan/1"`);
    return plan;
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: "run_unreadable",
      message: `Cannot read the plan of run "${directory}": ${messageOf(error)}`,
      hint: "Give a run directory, one that holds plan.json and taps/",
      cause: error,
    });
  }
}

/** `arrivals.ndjson`, or none where the file is not there. Throws LabError `refused` `run_unreadable` for one that is damaged. */
export function readArrivals(directory: string): readonly Arrival[] {
  const file = path.join(directory, "arrivals.ndjson");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as Arrival;
    } catch (error) {
      throw new LabError({
        exit: "refused",
        code: "run_unreadable",
        message: `Cannot read the arrivals of run "${directory}": line ${index + 1} is not JSON`,
        hint: "Restore arrivals.ndjson, or remove it: the verdict then rests on the plan and the taps alone",
        cause: error,
      });
    }
  });
}

const endSchema = z.object({ reason: z.enum(["completed", "interrupted", "failed"]), message: z.string(), atMs: z.number() }) satisfies z.ZodType<RunEnd>;

/** `end.json`: how the conductor ended the run. Null where it is missing or damaged: the run was never closed. */
export function readEnd(directory: string): RunEnd | null {
  try {
    return endSchema.parse(JSON.parse(readFileSync(path.join(directory, "end.json"), "utf8")));
  } catch {
    return null;
  }
}
