import { closeSync, openSync, readdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { makeFolders, readJson } from "../files.ts";
import { writeOut } from "../out-file.ts";
import { cellEnds } from "./cell.ts";
import type { PlayedSuite, Suite, SuiteEffort } from "./suite.ts";

/** Files of a suite's directory. */
export const suiteFiles = { results: "results.json", effort: "effort.json" } as const;

const bytesMax = 256 << 20;

/** The text of `results.json`. */
export const suiteText = (suite: Suite): string => `${JSON.stringify(suite, null, 2)}\n`;

/**
 * Writes a suite's directory. Run directories are named from there, so that the suite can be moved with them. Throws
 * LabError `failed` `out_not_written`.
 */
export function writeSuite(directory: string, { suite, effort }: PlayedSuite): void {
  writeOut(path.join(directory, suiteFiles.results), suiteText(suite));
  const moved = withDirectories(effort, (run) => path.relative(directory, run));
  writeOut(path.join(directory, suiteFiles.effort), `${JSON.stringify(moved, null, 2)}\n`);
}

function withDirectories(effort: SuiteEffort, move: (run: string) => string): SuiteEffort {
  return { ...effort, cells: effort.cells.map((cell) => ({ ...cell, directory: cell.directory === null ? null : move(cell.directory) })) };
}

/**
 * Takes a new or empty directory for a suite before anything is played, so that no other suite writes there too. Throws
 * LabError `refused`: `out_not_empty`, `out_not_writable`.
 */
export function claimSuiteDirectory(directory: string): void {
  const refused = (code: string, why: string) => new LabError({ exit: "refused", code, message: `Cannot write a suite into "${directory}": ${why}`, hint: "Give a new or empty directory with --out DIR" });
  try {
    makeFolders(path.resolve(directory));
    if (readdirSync(directory).length === 0 && isNew(path.join(directory, suiteFiles.results))) return;
  } catch (error) {
    throw refused("out_not_writable", messageOf(error));
  }
  throw refused("out_not_empty", "it is not empty");
}

/** Makes an empty file. False: another process has just made it. */
function isNew(file: string): boolean {
  try {
    closeSync(openSync(file, "wx"));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** What reports and comparisons take of a result. What else it holds is kept as it is. */
const resultSchema = z.looseObject({
  place: z.int().min(0),
  cell: z.looseObject({ scenario: z.string(), stack: z.string(), seed: z.number(), sets: z.array(z.string()) }),
  end: z.enum(cellEnds),
  reasons: z.array(z.string()),
  meant: z.enum(cellEnds).nullable(),
  lengthMs: z.number(),
  measures: z
    .looseObject({
      lostDemand: z.looseObject({ value: z.number() }).nullable(),
      silentShare: z.number(),
      amplification: z.number(),
      recoveryApplicable: z.boolean(),
      recoveryMs: z.number().nullable(),
      recoveryObservedMs: z.number(),
    })
    .nullable(),
  expectations: z.array(z.looseObject({ measure: z.string(), result: z.enum(["held", "deviated", "unknown"]), line: z.number() })),
});
const suiteSchema = z.looseObject({ harness: z.enum(["virtual", "live"]), cells: z.string(), of: z.int().min(0), results: z.array(resultSchema) });
const effortSchema = z.looseObject({
  code: z.string().optional(),
  cells: z.array(z.looseObject({ place: z.int().min(0), playedAt: z.iso.datetime(), wallMs: z.number(), directory: z.string().nullable() })),
});

/** A suite's directory. Throws LabError `refused` `suite_unreadable`. */
export function readSuite(directory: string): PlayedSuite {
  const suite = read<Suite>(directory, { name: suiteFiles.results, schema: "blastlab.suite/1", shape: suiteSchema });
  const effort = read<SuiteEffort>(directory, { name: suiteFiles.effort, schema: "blastlab.suite-effort/1", shape: effortSchema });
  return { suite, effort: withDirectories(effort, (run) => path.join(directory, run)) };
}

interface SuiteFile<T extends { readonly schema: string }> {
  readonly name: string;
  readonly schema: T["schema"];
  readonly shape: z.ZodType;
}

function read<T extends { readonly schema: string }>(directory: string, { name, schema, shape }: SuiteFile<T>): T {
  try {
    const value = readJson(path.join(directory, name), bytesMax) as T;
    assertSchema(value, schema);
    const parsed = shape.safeParse(value);
    if (parsed.success) return value;
    throw new Error(firstProblem(parsed.error));
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: "suite_unreadable",
      message: `Cannot read ${name} of the suite "${directory}": ${messageOf(error)}`,
      hint: "Give a directory that `npx blastlab suite --out DIR` wrote, whole",
      cause: error,
    });
  }
}

/** Throws a sentence where a file is not of this schema. */
export function assertSchema(value: { readonly schema?: unknown } | null, schema: string): void {
  if (value?.schema === undefined) throw new Error(`it has no "schema", and that of such a file is "${schema}"`);
  if (value.schema !== schema) throw new Error(`its schema is ${JSON.stringify(value.schema)}, not "${schema}"`);
}

/** `results[0].end: Invalid option: …` */
export function firstProblem({ issues }: z.ZodError): string {
  const [first] = issues;
  return first === undefined ? "it is not valid" : `${z.core.toDotPath(first.path)}: ${first.message}`;
}
