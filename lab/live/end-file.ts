import { createHash } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { RunEnd, RunEndFile } from "../../kernel/records.ts";
import { fileLimits, readLines } from "../files.ts";
import type { RunDirectory } from "./directory.ts";

/**
 * Writes `end.json`, which seals the directory's inputs and taps. The taps must be closed, except those of a run that
 * failed.
 */
export async function writeEndFile(directory: RunDirectory, end: RunEnd): Promise<void> {
  const sums = end.reason === "failed" ? {} : await sumsOf(directory.path);
  await writeFile(directory.end, `${JSON.stringify({ ...end, sums } satisfies RunEndFile)}\n`);
}

/** What was written before the run, and the taps. Logs are not evidence. */
async function sumsOf(root: string): Promise<RunEndFile["sums"]> {
  const files = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  const taps = (await readdir(path.join(root, "taps"))).map((name) => `taps/${name}`);
  return Object.fromEntries([...files, ...taps].sort().map((file) => [file, sumOf(path.join(root, file))]));
}

function sumOf(file: string): string {
  const hash = createHash("sha256");
  for (const { bytes, ended } of readLines(file, fileLimits.sealed)) hash.update(bytes).update(ended ? "\n" : "");
  return hash.digest("hex");
}
