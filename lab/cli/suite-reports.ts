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
import { writeLines, type Io } from "./io.ts";
import { besideReports, doAll, writeReport } from "./reports.ts";

/** Each names a file, `-` for standard output. */
export interface ReportFlags {
  readonly junit?: string;
  readonly ctrf?: string;
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

/** What the flags name. */
export const suiteReportFiles = ({ junit, ctrf, json, markdown: page, html }: ReportFlags): readonly (string | undefined)[] => [junit, ctrf, json, page, html];

/**
 * Says on stdout what was tested and what to look at, and writes the reports that were asked for. One that cannot be
 * written keeps no other from it: the first error is thrown at the end.
 */
export function reportSuite(played: PlayedSuite, { accepted, comparison, expected }: SuiteJudgement, flags: ReportFlags, io: Io): void {
  const { suite, effort } = played;
  const findings = findingsOf(suite.results, accepted, comparison);
  const besides = { regressions: regressionsOf(comparison), unplayed: expected - suite.results.length };
  const summary = summaryText(summaryOf(suite.results, { of: expected, playedAt: effort.cells.map(({ playedAt }) => playedAt), nowMs: Date.now() }));
  const page = (bytesMax: number) => markdown({ suite, summary, findings, comparison }, bytesMax);
  const people = besideReports(suiteReportFiles(flags), io);
  // A command of GitHub's is one line, however wide the terminal is.
  if (flags.github === true) people.stdout.write(annotations(findings, repositoryRoot()).map((line) => `${line}\n`).join(""));
  const { bold } = paintFor(people.stdout);
  writeLines(people, [
    ...findings.map(({ kind, title, message, file, line }) => `${kind}: ${bold(title)}: ${message} (${file}:${line})`),
    ...(comparison === null ? [] : [comparisonText(comparison)]),
    bold(summary),
  ]);
  const write = (file: string | undefined, textOf: (file: string) => string) => () => writeReport({ file, textOf }, io);
  doAll([
    write(flags.junit, () => junitXml(suite, accepted, besides)),
    write(flags.ctrf, () => ctrfText(played, accepted, besides)),
    write(flags.markdown, () => page(summaryBytesMax)),
    write(flags.html, (file) => suitePage({ suite, summary, findings, comparison, reports: reportsFrom(file, played) })),
    write(flags.json, () => suiteText(suite)),
    () => void (flags.github === true && addToJobSummary(page)),
  ]);
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
