import path from "node:path";
import { z } from "zod";
import { LabError, messageOf } from "../kernel/errors.ts";
import type { Arrival, Plan } from "../kernel/plan.ts";
import type { RunEnd } from "../kernel/records.ts";
import { FileError } from "../kernel/text-file.ts";
import { utf8TextStrict } from "../kernel/utf8.ts";
import { fileLimits, readJson, readLines } from "./files.ts";
import { planIn } from "./plan-shape.ts";

/** `plan.json` of a run directory. Throws LabError `refused` `run_unreadable`: without a plan there is nothing to judge by. */
export function readPlan(directory: string): Plan {
  try {
    return planIn(readJson(path.join(directory, "plan.json"), fileLimits.planBytesMax));
  } catch (error) {
    throw unreadable(`Cannot read the plan of run "${directory}": ${messageOf(error)}`, "Give a run directory, one that holds plan.json and taps/", error);
  }
}

/** `arrivals.ndjson`, or none where the file is not there. Throws LabError `refused` `run_unreadable` for one that is damaged. */
export function readArrivals(directory: string): readonly Arrival[] {
  const file = path.join(directory, "arrivals.ndjson");
  try {
    return Array.from(readLines(file, fileLimits.arrivals), ({ number, bytes }) => arrivalOf(number, bytes)).filter((arrival) => arrival !== null);
  } catch (error) {
    if (error instanceof FileError && error.problem === "missing") return [];
    throw unreadable(
      `Cannot read the arrivals of run "${directory}": ${messageOf(error)}`,
      "Restore arrivals.ndjson: it is what the run's inputs give",
      error,
    );
  }
}

/** Null for a blank line. */
function arrivalOf(line: number, bytes: Uint8Array): Arrival | null {
  const text = utf8TextStrict(bytes);
  if (text === null) throw new Error(`line ${line} is not UTF-8 text`);
  if (text === "") return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`line ${line} is not JSON`);
  }
  if (typeof (value as Partial<Arrival> | null)?.requestId !== "string") throw new Error(`line ${line} is not an arrival: it has no requestId`);
  return value as Arrival;
}

const endSchema = z.object({
  reason: z.enum(["completed", "interrupted", "failed"]),
  message: z.string(),
  atMs: z.number(),
  troubles: z.array(z.string()).default([]),
  stillInForce: z.array(z.object({ id: z.string(), description: z.string(), reason: z.string() })).default([]),
  componentExits: z.array(z.object({ component: z.string(), atMs: z.number(), how: z.string() })).default([]),
}) satisfies z.ZodType<RunEnd>;

/** `end.json`: how the conductor ended the run; or, where that is missing or damaged, why that is unknown. */
export function readEnd(directory: string): { readonly end: RunEnd } | { readonly end: null; readonly fault: string } {
  try {
    return { end: endSchema.parse(readJson(path.join(directory, "end.json"), fileLimits.endBytesMax)) };
  } catch (error) {
    if (error instanceof FileError && error.problem === "missing") return { end: null, fault: "end.json is missing: the run was never closed" };
    return { end: null, fault: `end.json cannot be used: ${error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, " ") : messageOf(error)}` };
  }
}

function unreadable(message: string, hint: string, cause: unknown): LabError {
  return new LabError({ exit: "refused", code: "run_unreadable", message, hint, cause });
}
