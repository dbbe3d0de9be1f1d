import path from "node:path";
import { z } from "zod";
import { retryHabits, type ClientBehaviour } from "../kernel/client-behaviour.ts";
import { LabError, messageOf } from "../kernel/errors.ts";
import type { Arrival, Plan } from "../kernel/plan.ts";
import type { RunEnd, RunEndFile } from "../kernel/records.ts";
import { FileError } from "../kernel/text-file.ts";
import { utf8TextStrict } from "../kernel/utf8.ts";
import { fileLimits, readJson, readLines } from "./files.ts";
import { planIn, timelineMsMax } from "./plan-shape.ts";
import type { ShapeOf } from "./shape-of.ts";
import { sealedPath } from "./sums.ts";

/**
 * `plan.json` of a run directory. Throws LabError `refused` `run_unreadable`: without a plan there is nothing to judge
 * by.
 */
export function readPlan(directory: string): Plan {
  try {
    return planIn(readJson(path.join(directory, "plan.json"), fileLimits.planBytesMax));
  } catch (error) {
    throw unreadable(`Cannot read the plan of run "${directory}": ${messageOf(error)}`, "Give a run directory, one that holds plan.json and taps/", error);
  }
}

export interface ArrivalsReading {
  /** None where the file is missing or damaged. */
  readonly arrivals: readonly Arrival[];
  readonly faults: readonly string[];
}

const behaviourSchema = z.strictObject({
  retries: z.enum(retryHabits),
  timeoutMs: z.number().positive().exactOptional(),
  patienceMs: z.number().positive().exactOptional(),
} satisfies ShapeOf<ClientBehaviour>);

const arrivalSchema = z.strictObject({
  index: z.int().min(0),
  atMs: z.number().min(0),
  requestId: z.string().min(1),
  client: z.string(),
  team: z.string(),
  feature: z.string(),
  region: z.string(),
  route: z.string(),
  prompt: z.string(),
  maxTokens: z.int().min(0),
  stream: z.boolean(),
  behaviour: behaviourSchema.exactOptional(),
  systemPrompt: z.string().min(1).exactOptional(),
} satisfies ShapeOf<Arrival>);

/**
 * `arrivals.ndjson`: what the clients were to send; or, where that is missing or damaged, why it is unknown. Its lines
 * are numbered from 0, no id comes twice, and there are at most `offered`.
 */
export function readArrivals(directory: string, offered: number): ArrivalsReading {
  const arrivals: Arrival[] = [];
  const ids = new Set<string>();
  try {
    for (const { number, bytes } of readLines(path.join(directory, "arrivals.ndjson"), fileLimits.arrivals)) {
      if (number > offered) throw new Error(`it has more lines than the ${offered} requests that the plan offers`);
      const arrival = arrivalOf(number, bytes);
      if (arrival.index !== arrivals.length) throw new Error(`line ${number} has index ${arrival.index} where ${arrivals.length} was expected`);
      if (ids.size === ids.add(arrival.requestId).size) throw new Error(`line ${number} has the request id of another line`);
      arrivals.push(arrival);
    }
    return { arrivals, faults: [] };
  } catch (error) {
    const isMissing = error instanceof FileError && error.problem === "missing";
    return { arrivals: [], faults: [isMissing ? "arrivals.ndjson is missing" : `arrivals.ndjson cannot be used: ${messageOf(error)}`] };
  }
}

function arrivalOf(line: number, bytes: Uint8Array): Arrival {
  const text = utf8TextStrict(bytes);
  if (text === null) throw new Error(`line ${line} is not UTF-8 text`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`line ${line} is not JSON`);
  }
  const parsed = arrivalSchema.safeParse(value);
  if (!parsed.success) throw new Error(`line ${line} is not an arrival (${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message})`);
  return parsed.data;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const endSchema = z.object({
  reason: z.enum(["completed", "interrupted", "failed", "stopped"]),
  message: z.string(),
  atMs: z.number().max(timelineMsMax * 2),
  stop: z.object({ atMs: z.number().max(timelineMsMax), condition: z.string().max(1_000) }).optional(),
  sums: z.record(z.string().regex(sealedPath), sha256).default({}),
  troubles: z.array(z.string()).default([]),
  stillInForce: z.array(z.object({ id: z.string(), description: z.string(), reason: z.string() })).default([]),
  componentExits: z.array(z.object({ component: z.string(), atMs: z.number(), how: z.string() })).default([]),
} satisfies ShapeOf<RunEndFile>);

/**
 * `end.json`: how the conductor ended the run, and the sums of its files; or, where that is missing or damaged, why
 * that is unknown.
 */
export function readEnd(directory: string): { readonly end: RunEnd; readonly sums: RunEndFile["sums"] } | { readonly end: null; readonly fault: string } {
  try {
    const { sums, ...end } = endSchema.parse(readJson(path.join(directory, "end.json"), fileLimits.endBytesMax));
    return { end, sums };
  } catch (error) {
    if (error instanceof FileError && error.problem === "missing") return { end: null, fault: "end.json is missing: the run was never closed" };
    return { end: null, fault: `end.json cannot be used: ${error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, " ") : messageOf(error)}` };
  }
}

function unreadable(message: string, hint: string, cause: unknown): LabError {
  return new LabError({ exit: "refused", code: "run_unreadable", message, hint, cause });
}
