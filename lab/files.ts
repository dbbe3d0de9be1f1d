import * as fs from "node:fs";
import path from "node:path";
import { LabError, messageOf } from "../kernel/errors.ts";
import type { Plan } from "../kernel/plan.ts";
import { fileReader } from "../kernel/text-file.ts";
import type { Verdict } from "../kernel/verdict.ts";

/** The lab's readers of files, each with a limit. All throw `FileError`. */
export const { readText, readParts, readJson, readLines } = fileReader(fs);

/**
 * Makes a folder, and those above it that are missing. Throws what the file system says. Node's own recursive `mkdir`
 * does not return where the folder above is there and holds none, as `/proc` does.
 */
export function makeFolders(folder: string): void {
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !fs.existsSync(path.dirname(folder))) {
      makeFolders(path.dirname(folder));
      makeFolders(folder);
    } else if (!isFolder(folder)) throw error;
  }
}

const isFolder = (place: string) => fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;

/** Larger files are refused. */
export const fileLimits = {
  /** A scenario, or a stack. */
  scenarioBytesMax: 5_000_000,
  /** A recorded profile, or incidents: some ten thousand of them. */
  incidentsBytesMax: 64 << 20,
  allowListBytesMax: 1 << 20,
  /** A status page's history, which is read in parts: as rows, or as JSON, where all may stand in one line. */
  csv: { bytesMax: 4 * 2 ** 30, lineBytesMax: 1 << 20 },
  json: { bytesMax: 1 << 30, lineBytesMax: Infinity },
  /** The observer reads no larger one. */
  planBytesMax: 10 << 20,
  endBytesMax: 1 << 20,
  /** Some 4 million requests. */
  arrivals: { bytesMax: 1 << 30, lineBytesMax: 1 << 20 },
  /** Lists every wrong answer. */
  verdictBytesMax: 256 << 20,
  tap: { bytesMax: 1 << 30, lineBytesMax: 16 << 20 },
  /** What is only summed up is kept a line at a time. */
  sealed: { bytesMax: 1 << 30, lineBytesMax: 64 << 20 },
} as const;

/** `plan.json` of a run directory. Throws LabError `refused` `run_unreadable`. */
export function readPlan(directory: string): Plan {
  return readRunFile(directory, { name: "plan.json", schema: "blastlab.plan/2", bytesMax: fileLimits.planBytesMax }) as Plan;
}

/** `verdict.json` of a run directory. Throws LabError `refused` `run_unreadable`. */
export function readVerdict(directory: string): Verdict {
  return readRunFile(directory, { name: "verdict.json", schema: "blastlab.verdict/3", bytesMax: fileLimits.verdictBytesMax }) as Verdict;
}

function readRunFile(directory: string, { name, schema, bytesMax }: { readonly name: string; readonly schema: Plan["schema"] | Verdict["schema"]; readonly bytesMax: number }): unknown {
  try {
    const value = readJson(path.join(directory, name), bytesMax) as { readonly schema?: unknown } | null;
    if (value?.schema === schema) return value;
    throw new Error(`its schema is "${String(value?.schema)}", not "${schema}"`);
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: "run_unreadable",
      message: `Cannot read ${name} of run "${directory}": ${messageOf(error)}`,
      hint: "Give a directory under runs/, as `npx blastlab run` names it at its end",
      cause: error,
    });
  }
}
