import { writeFileSync } from "node:fs";
import path from "node:path";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { makeFolders, readJson } from "../files.ts";
import type { PlayedSuite, Suite, SuiteEffort } from "./suite.ts";

/** Files of a suite's directory. */
export const suiteFiles = { results: "results.json", effort: "effort.json" } as const;

const bytesMax = 256 << 20;

/** The text of `results.json`. */
export const suiteText = (suite: Suite): string => `${JSON.stringify(suite, null, 2)}\n`;

/** Writes a suite's directory. Throws LabError `failed` `out_not_written`. */
export function writeSuite(directory: string, { suite, effort }: PlayedSuite): void {
  writeReport(path.join(directory, suiteFiles.results), suiteText(suite));
  writeReport(path.join(directory, suiteFiles.effort), `${JSON.stringify(effort, null, 2)}\n`);
}

/** Writes a file, with its folder. Throws LabError `failed` `out_not_written`. */
export function writeReport(file: string, text: string): void {
  try {
    makeFolders(path.dirname(path.resolve(file)));
    writeFileSync(file, text);
  } catch (error) {
    throw new LabError({ exit: "failed", code: "out_not_written", message: `Cannot write "${file}": ${messageOf(error)}`, hint: "Give another path", cause: error });
  }
}

/** A suite's directory. Throws LabError `refused` `suite_unreadable`. */
export function readSuite(directory: string): PlayedSuite {
  return { suite: read<Suite>(directory, suiteFiles.results, "blastlab.suite/1"), effort: read<SuiteEffort>(directory, suiteFiles.effort, "blastlab.suite-effort/1") };
}

function read<T extends { readonly schema: string }>(directory: string, name: string, schema: T["schema"]): T {
  try {
    const value = readJson(path.join(directory, name), bytesMax) as T | null;
    if (value?.schema === schema) return value;
    throw new Error(`its schema is "${String(value?.schema)}", not "${schema}"`);
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: "suite_unreadable",
      message: `Cannot read ${name} of the suite "${directory}": ${messageOf(error)}`,
      hint: "Give a directory that `npx blastlab suite --out DIR` wrote",
      cause: error,
    });
  }
}
