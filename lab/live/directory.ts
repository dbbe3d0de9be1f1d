import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { fileLimits, makeFolders } from "../files.ts";
import { writeArrivals } from "../load/arrivals-file.ts";
import { inputFiles, type Inputs } from "../plan/kept-inputs.ts";

/** The paths of a run directory (docs/ARCHITECTURE.md). */
export interface RunDirectory {
  readonly path: string;
  readonly arrivals: string;
  readonly end: string;
  tap(name: string): string;
  log(child: string): string;
  config(child: string): string;
  /** A folder of the child's own, which outlives its process. */
  disk(child: string): string;
}

export function runDirectory(root: string): RunDirectory {
  return {
    path: root,
    arrivals: path.join(root, "arrivals.ndjson"),
    end: path.join(root, "end.json"),
    tap: (name) => path.join(root, "taps", `${name}.ndjson`),
    log: (child) => path.join(root, "logs", `${child}.log`),
    config: (child) => path.join(root, "config", `${child}.json`),
    disk: (child) => path.join(root, "disk", child),
  };
}

/** Where a run keeps its paired control, a run directory of its own. */
export const controlDirectory = (root: string): string => path.join(root, "control");

/**
 * Creates the directory and writes down the plan, before anything runs. Throws LabError `refused` `out_not_empty` for a
 * directory that holds something already, `out_not_writable` for one that cannot be made. `force`: a void run that is
 * there is removed.
 */
export async function createRunDirectory(root: string, run: { plan: Plan; arrivals: readonly Arrival[]; inputs: Inputs }, force = false): Promise<RunDirectory> {
  const directory = runDirectory(path.resolve(root));
  try {
    if (!(await isFree(directory.path))) {
      if (!force || !(await isVoid(directory.path))) throw notEmpty(directory.path, force);
      await rm(directory.path, { recursive: true });
    }
    for (const folder of ["taps", "logs", "config"]) makeFolders(path.join(directory.path, folder));
    await writeFile(path.join(directory.path, "plan.json"), planText(run.plan));
    writeArrivals(directory.arrivals, run.arrivals);
    await writeFile(path.join(directory.path, inputFiles.scenario), run.inputs.texts.scenario);
    await writeFile(path.join(directory.path, inputFiles.stack), run.inputs.texts.stack);
    await writeFile(path.join(directory.path, inputFiles.kept), `${JSON.stringify(run.inputs.kept, null, 1)}\n`);
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError({
      exit: "refused",
      code: "out_not_writable",
      message: `Cannot write the run directory "${directory.path}": ${messageOf(error)}`,
      hint: "Give a writable path with --out DIR",
      cause: error,
    });
  }
  return directory;
}

/** The file as the observer will read it. Throws LabError `refused` `plan_too_large`. */
function planText(plan: Plan): string {
  const text = `${JSON.stringify(plan, null, 1)}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= fileLimits.planBytesMax) return text;
  throw new LabError({
    exit: "refused",
    code: "plan_too_large",
    message: `Cannot run a plan of ${(bytes / 2 ** 20).toFixed(1)} MiB: the observer reads at most ${fileLimits.planBytesMax / 2 ** 20} MiB`,
    hint: "Give fewer teams, or fewer distinct prompts for each (workload.prompts.distinct)",
  });
}

/** Not there yet, or empty. Rejects for what is there and is no directory, or cannot be listed. */
async function isFree(root: string): Promise<boolean> {
  try {
    return (await readdir(root)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}

/**
 * Holds a run from which nothing was learned: one that was never closed, that failed, or whose verdict is that it
 * failed. Only what a run writes may be in it.
 */
async function isVoid(root: string): Promise<boolean> {
  const names = await readdir(root);
  if (!names.includes("plan.json") || names.some((name) => !ofRun.has(name))) return false;
  if (!names.includes("end.json")) return true;
  const saysFailed = async (file: string, field: string) => names.includes(file) && (await fieldOf(path.join(root, file), field)) === "failed";
  return (await saysFailed("end.json", "reason")) || (await saysFailed("verdict.json", "verdict"));
}

/** `failed` for a file that was not written to its end. */
async function fieldOf(file: string, field: string): Promise<unknown> {
  try {
    return (JSON.parse(await readFile(file, "utf8")) as Readonly<Record<string, unknown>>)[field];
  } catch {
    return "failed";
  }
}

const ofRun: ReadonlySet<string> = new Set(["plan.json", "arrivals.ndjson", "end.json", "verdict.json", "report.md", "report.html", "made.json", "taps", "logs", "config", "disk", "control", ...Object.values(inputFiles)]);

function notEmpty(root: string, force: boolean): LabError {
  return new LabError({
    exit: "refused",
    code: "out_not_empty",
    message: `Cannot write a run into "${root}": it is not empty${force ? ", and what it holds is not a void run" : ""}`,
    hint: `Give a new or empty directory with --out DIR; ${force ? "--force removes a void run only" : "--force removes a void run that is there"}`,
  });
}
