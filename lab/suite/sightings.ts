import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { readPlan, readVerdict } from "../files.ts";
import { cellEnds } from "./cell.ts";
import type { Sighting } from "./coverage.ts";
import { firstProblem, readSuite, suiteFiles } from "./suite-files.ts";

/** What was found below a folder, and what could not be read, with the reason. */
export interface Found {
  readonly sightings: readonly Sighting[];
  readonly unreadable: readonly string[];
}

/** Suites have their runs beneath them, runs their controls: no run lies deeper. */
const depthMax = 4;

/** Runs and suites in a folder and below it. Throws LabError `refused` `folder_unreadable`. */
export function sightingsIn(folder: string): Found {
  const sightings: Sighting[] = [];
  const unreadable: string[] = [];
  for (const directory of directoriesIn(folder, depthMax)) {
    try {
      sightings.push(...sightingsOf(directory));
    } catch (error) {
      const why = error instanceof z.ZodError ? `plan.json: ${firstProblem(error)}` : messageOf(error);
      unreadable.push(why.includes(directory) ? why : `Cannot read "${directory}": ${why}`);
    }
  }
  return { sightings, unreadable };
}

/**
 * A run's own folders hold its control, which is no test of the system. A suite's run directories are in its results
 * too.
 */
function directoriesIn(folder: string, depth: number): readonly string[] {
  if (isRun(folder) || isSuite(folder)) return [folder];
  if (depth === 0) return [];
  return subfoldersOf(folder).flatMap((name) => directoriesIn(path.join(folder, name), depth - 1));
}

const isRun = (folder: string) => existsSync(path.join(folder, "verdict.json"));
const isSuite = (folder: string) => existsSync(path.join(folder, suiteFiles.effort));

function subfoldersOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  } catch (error) {
    throw new LabError({ exit: "refused", code: "folder_unreadable", message: `Cannot read the folder "${folder}": ${messageOf(error)}`, hint: "Give a folder with run directories, such as runs", cause: error });
  }
}

function sightingsOf(directory: string): readonly Sighting[] {
  return isSuite(directory) ? ofSuite(directory) : [ofRun(directory)];
}

function ofSuite(directory: string): readonly Sighting[] {
  const { suite, effort } = readSuite(directory);
  const playedAt = new Map(effort.cells.map((cell) => [cell.place, Date.parse(cell.playedAt)]));
  return suite.results.map(({ place, cell, end }) => ({ scenario: plainName(cell.scenario), stack: plainName(cell.stack), end, atMs: playedAt.get(place) ?? 0 }));
}

function ofRun(directory: string): Sighting {
  const { run, scenario, stack } = runSchema.parse(readPlan(directory));
  const { verdict } = readVerdict(directory);
  if (!cellEnds.includes(verdict)) throw new Error(`its verdict is "${String(verdict)}"`);
  return { scenario, stack, end: verdict, atMs: startOf(run) };
}

const runSchema = z.looseObject({ run: z.string(), scenario: z.string(), stack: z.string() });

/** A run's name begins with the UTC time at which it was planned. */
function startOf(run: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(run) ?? [];
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(atMs)) throw new Error(`its name "${run}" has no time in it`);
  return atMs;
}

/** A file of the user's goes by its name, as it does in its runs. */
const plainName = (nameOrPath: string) => path.basename(nameOrPath).replace(/\.ya?ml$/, "");
