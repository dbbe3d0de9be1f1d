import { LabError } from "../../kernel/errors.ts";
import { assertWritable, writeOut } from "../out-file.ts";
import type { Io } from "./io.ts";

/** A report that a flag asks for. */
export interface Report {
  /** `-` for standard output. Undefined: it is not asked for. */
  readonly file: string | undefined;
  readonly textOf: (file: string) => string;
}

const stdout = "-";

/**
 * Refuses, before anything is played, files that could not be written after it. At most one may be `-`, because two
 * reports in one stream are none. Throws LabError `refused`: `out_not_writable`, `bad_option`.
 */
export function assertReportFiles(files: readonly (string | undefined)[]): void {
  if (files.filter((file) => file === stdout).length > 1) {
    throw new LabError({ exit: "refused", code: "bad_option", message: "Two reports cannot both go to standard output", hint: "Give `-` to one of them, and a file to each other" });
  }
  for (const file of files) if (file !== undefined && file !== stdout) assertWritable(file);
}

/** Where words for people go: to stderr, where a report has standard output for itself. */
export const besideReports = (files: readonly (string | undefined)[], io: Io): Io => (files.includes(stdout) ? { ...io, stdout: io.stderr } : io);

/** Throws LabError `failed` `out_not_written`. */
export function writeReport({ file, textOf }: Report, io: Io): void {
  if (file === stdout) io.stdout.write(textOf(file));
  else if (file !== undefined) writeOut(file, textOf(file));
}

/** One report that cannot be written keeps no other from it: the first error is thrown when all others are done. */
export function doAll(steps: readonly (() => void)[]): void {
  const errors = steps.flatMap((step) => {
    try {
      step();
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (errors.length > 0) throw errors[0];
}
