import { appendFileSync, statSync } from "node:fs";
import path from "node:path";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { paintFor } from "../board/paint.ts";
import { findingsOf, regressionsOf } from "../suite/findings.ts";
import type { Comparison } from "../suite/regressions.ts";
import { ctrfText } from "../suite/report/ctrf.ts";
import { annotations } from "../suite/report/github.ts";
import { junitXml } from "../suite/report/junit.ts";
import { suitePage } from "../suite/report/page.ts";
import { comparisonText, markdown, summaryBytesMax } from "../suite/report/markdown.ts";
import type { Accepted } from "../suite/standing.ts";
import { summaryOf, summaryText } from "../suite/summary.ts";
import type { PlayedSuite } from "../suite/suite.ts";
import { suiteText } from "../suite/suite-files.ts";
import { assertWritable, writeOut } from "../out-file.ts";
import { writeLines, type Io } from "./io.ts";

export interface ReportFlags {
  readonly junit?: string;
  readonly ctrf?: string;
  /** `-`: stdout. */
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly github?: boolean;
}

export interface SuiteJudgement {
  readonly accepted: Accepted;
  readonly comparison: Comparison | null;
  /** How many cells there should be. */
  readonly expected: number;
}

/** Files that the flags name. */
const filesOf = ({ junit, ctrf, json, markdown: page, html }: ReportFlags) => [junit, ctrf, json === "-" ? undefined : json, page, html].filter((file) => file !== undefined);

/** Refuses reports that could not be written. Throws LabError `refused` `out_not_writable`. */
export function assertReportsWritable(flags: ReportFlags): void {
  for (const file of filesOf(flags)) assertWritable(file);
}

/**
 * Says on stdout what was tested and what to look at, and writes the reports that were asked for. With `--json -` the
 * words go to stderr. One that cannot be written keeps no other from it: the first error is thrown at the end.
 */
export function reportSuite(played: PlayedSuite, { accepted, comparison, expected }: SuiteJudgement, flags: ReportFlags, io: Io): void {
  const { suite, effort } = played;
  const findings = findingsOf(suite.results, accepted, comparison);
  const besides = { regressions: regressionsOf(comparison), unplayed: expected - suite.results.length };
  const summary = summaryText(summaryOf(suite.results, { of: expected, playedAt: effort.cells.map(({ playedAt }) => playedAt), nowMs: Date.now() }));
  const page = (bytesMax: number) => markdown({ suite, summary, findings, comparison }, bytesMax);
  const people: Io = flags.json === "-" ? { ...io, stdout: io.stderr } : io;
  // A command of GitHub's is one line, however wide the terminal is.
  if (flags.github === true) people.stdout.write(annotations(findings, repositoryRoot()).map((line) => `${line}\n`).join(""));
  const { bold } = paintFor(people.stdout);
  writeLines(people, [
    ...findings.map(({ kind, title, message, file, line }) => `${kind}: ${bold(title)}: ${message} (${file}:${line})`),
    ...(comparison === null ? [] : [comparisonText(comparison)]),
    bold(summary),
  ]);
  const { json, html } = flags;
  if (json === "-") io.stdout.write(suiteText(suite));
  const write = (file: string | undefined, textOf: (file: string) => string) => () => void (file !== undefined && writeOut(file, textOf(file)));
  doAll([
    write(flags.junit, () => junitXml(suite, accepted, besides)),
    write(flags.ctrf, () => ctrfText(played, accepted, besides)),
    write(flags.markdown, () => page(summaryBytesMax)),
    write(html, (file) => suitePage({ suite, summary, findings, comparison, reports: reportsFrom(file, played) })),
    write(json === "-" ? undefined : json, () => suiteText(suite)),
    () => void (flags.github === true && addToJobSummary(page)),
  ]);
}

/** Does each. Throws the first error when all others are done. */
function doAll(steps: readonly (() => void)[]): void {
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

/** Where the reports of the runs that were kept lie, from the page's folder. */
function reportsFrom(page: string, { effort }: PlayedSuite): ReadonlyMap<number, string> {
  const from = path.dirname(path.resolve(page));
  const fileOf = (directory: string) => path.relative(from, path.resolve(directory, "report.html")).split(path.sep).map(encodeURIComponent).join("/");
  return new Map(effort.cells.flatMap(({ place, directory }) => (directory === null ? [] : [[place, fileOf(directory)] as const])));
}

/** Where GitHub looks for a file that an annotation names. */
const repositoryRoot = () => process.env["GITHUB_WORKSPACE"] || process.cwd();

/**
 * GitHub names the file, which steps before may have filled in part: one summary for each step, with a limit for each.
 */
function addToJobSummary(page: (bytesMax: number) => string): void {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  try {
    const used = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    appendFileSync(file, page(Math.max(0, summaryBytesMax - used)));
  } catch (error) {
    throw new LabError({ exit: "failed", code: "out_not_written", message: `Cannot write the job summary "${file}": ${messageOf(error)}`, hint: "GITHUB_STEP_SUMMARY has to name a file that can be written", cause: error });
  }
}
