import { createHash } from "node:crypto";
import path from "node:path";
import type { Plan } from "../kernel/plan.ts";
import type { RunEndFile } from "../kernel/records.ts";
import { FileError } from "../kernel/text-file.ts";
import { fileLimits, readLines } from "./files.ts";

/** Paths that `end.json` may name: none leads out of the directory. */
export const sealedPath = /^(taps\/)?[A-Za-z0-9][A-Za-z0-9._~-]*$/;

/** sha256 of a file. Throws `FileError`. */
export function sumOf(file: string): string {
  const hash = createHash("sha256");
  for (const { bytes, ended } of readLines(file, fileLimits.sealed)) hash.update(bytes).update(ended ? "\n" : "");
  return hash.digest("hex");
}

/** Whether the files of a run are those that its conductor sealed in `end.json`: plain words for each that is not. */
export function sumFaults(directory: string, plan: Plan, sums: RunEndFile["sums"]): readonly string[] {
  const needed = ["plan.json", "arrivals.ndjson", ...["client", ...plan.deployments.map(({ name }) => `wire-${name}`), "canary", "counted", "faults"].map((tap) => `taps/${tap}.ndjson`)];
  const unsealed = needed.filter((file) => sums[file] === undefined).map((file) => `end.json has no sum of ${file}`);
  return [...unsealed, ...Object.entries(sums).flatMap(([file, sum]) => faultOf(directory, file, sum))];
}

function faultOf(directory: string, file: string, sum: string): readonly string[] {
  try {
    return sumOf(path.join(directory, file)) === sum ? [] : [`${file} was altered after the run: it has another sum than end.json`];
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return [error.problem === "missing" ? `${file} is missing` : `${file} cannot be read: ${error.message}`];
  }
}
