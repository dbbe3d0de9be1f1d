import { access, constants, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { formatLoadSource } from "../../../kernel/load-source.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { TapName } from "../../../kernel/records.ts";
import { makeFolders } from "../../files.ts";
import { writeMade } from "../../live/made.ts";
import { controlDirectory, createRunDirectory, type RunDirectory } from "../../live/directory.ts";
import { writeEndFile } from "../../live/end-file.ts";
import { TapWriter } from "../../load/tap.ts";
import { judgeDirectory } from "../../report/judge-directory.ts";
import type { PlayedPart, PlayedRun } from "./play.ts";

/**
 * Unix ms of the timeline's zero in the taps of a virtual run, which no wall clock knows: as the virtual clock has it.
 */
const epochMs = Date.UTC(2025, 0, 1);

/**
 * Writes a played run as a live one is kept (docs/ARCHITECTURE.md, "A run directory"), its control beneath it in
 * `control`, and has the observer judge it. It appears whole or not at all. `replay` is the command that plays it
 * again, where it is known. Rejects with LabError: `refused` for a directory that is in use, `failed` for one that
 * cannot be written.
 */
export async function writeRun(root: string, run: PlayedRun, replay?: string): Promise<void> {
  await assertFree(root);
  const partial = `${path.resolve(root)}.partial-${process.pid}`;
  try {
    await writeFiles(partial, run, replay);
    if (run.control !== null) {
      await writeFiles(controlDirectory(partial), run.control);
      await judgeDirectory(controlDirectory(partial));
    }
    await judgeDirectory(partial);
    await rename(partial, path.resolve(root));
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError({ exit: "failed", code: "out_not_written", message: `Cannot write the run into "${root}": ${messageOf(error)}`, hint: "Give another path with --out", cause: error });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/**
 * Refuses before anything is played what `writeRun` would refuse after it. Makes the folder that the run's directory
 * is to stand in. Rejects with LabError `refused` `out_not_empty`, `out_not_writable`.
 */
export async function assertFree(root: string): Promise<void> {
  const folder = path.dirname(path.resolve(root));
  let entries: readonly string[];
  try {
    makeFolders(folder);
    await access(folder, constants.W_OK);
    entries = await readdir(root).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
  } catch (error) {
    throw new LabError({ exit: "refused", code: "out_not_writable", message: `Cannot write a run into "${root}": ${messageOf(error)}`, hint: "Give a new or empty directory with --out DIR", cause: error });
  }
  if (entries.length === 0) return;
  throw new LabError({ exit: "refused", code: "out_not_empty", message: `Cannot write a run into "${root}": it is not empty`, hint: "Give a new or empty directory with --out DIR; a run never overwrites another's records" });
}

async function writeFiles(root: string, { plan, stack, arrivals, inputs, records, end }: PlayedPart, replay?: string): Promise<void> {
  const directory = await createRunDirectory(root, { plan, arrivals, inputs });
  await writeMade(directory.path, { harness: "virtual", plan, stack, parts: { load: "virtual", network: "virtual" }, ...(replay !== undefined && { replay }) });
  const tap = <R extends object>(file: string, name: TapName, source: string, kept: readonly R[]) => writeTap(directory, { file, name, source, plan, records: kept });
  await tap("client", "client", formatLoadSource({ generator: "virtual", instrument: "virtual" }), records.client);
  for (const { name } of plan.deployments) await tap(`wire-${name}`, "wire", name, records.wire.filter(({ deployment }) => deployment === name));
  await tap("canary", "canary", "observer", records.canary);
  await tap("counted", "counted", "observer", records.counted);
  await tap("faults", "faults", "conductor", records.faults);
  if (plan.actions !== undefined) await tap("actions", "actions", "conductor", records.actions ?? []);
  await writeEndFile(directory, end);
}

async function writeTap<R extends object>(
  directory: RunDirectory,
  { file, name, source, plan: { run, seed }, records }: { file: string; name: TapName; source: string; plan: Plan; records: readonly R[] },
): Promise<void> {
  await using writer = new TapWriter<R>(directory.tap(file), { tap: name, source, run, seed, epochMs });
  for (const record of records) writer.write(record);
}
