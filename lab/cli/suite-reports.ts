import { appendFileSync, statSync } from "node:fs";
import path from "node:path";
import { paintFor } from "../board/paint.ts";
import { findingsOf } from "../suite/findings.ts";
import type { Comparison } from "../suite/regressions.ts";
import { ctrfText } from "../suite/report/ctrf.ts";
import { annotations } from "../suite/report/github.ts";
import { junitXml } from "../suite/report/junit.ts";
import { suitePage } from "../suite/report/page.ts";
import { comparisonText, markdown, summaryBytesMax } from "../suite/report/markdown.ts";
import type { Accepted } from "../suite/standing.ts";
import { summaryOf, summaryText } from "../suite/summary.ts";
import type { PlayedSuite } from "../suite/suite.ts";
import { suiteText, writeReport } from "../suite/suite-files.ts";
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

/**
 * Writes the reports that were asked for, and says on stdout what was tested and what to look at. With `--json -` that
 * goes to stderr.
 */
export function reportSuite(played: PlayedSuite, { accepted, comparison, expected }: SuiteJudgement, flags: ReportFlags, io: Io): void {
  const { suite, effort } = played;
  const findings = findingsOf(suite.results, accepted, comparison);
  const summary = summaryText(summaryOf(suite.results, { of: expected, playedAt: effort.cells.map(({ playedAt }) => playedAt), nowMs: Date.now() }));
  const page = (bytesMax: number) => markdown({ suite, summary, findings, comparison }, bytesMax);
  if (flags.junit !== undefined) writeReport(flags.junit, junitXml(suite, accepted));
  if (flags.ctrf !== undefined) writeReport(flags.ctrf, ctrfText(played, accepted));
  if (flags.markdown !== undefined) writeReport(flags.markdown, page(summaryBytesMax));
  if (flags.html !== undefined) writeReport(flags.html, suitePage({ suite, summary, findings, comparison, reports: reportsFrom(flags.html, played) }));
  if (flags.json === "-") io.stdout.write(suiteText(suite));
  else if (flags.json !== undefined) writeReport(flags.json, suiteText(suite));
  const people: Io = flags.json === "-" ? { ...io, stdout: io.stderr } : io;
  if (flags.github === true) {
    const lines = annotations(findings);
    if (lines.length > 0) writeLines(people, lines);
    addToJobSummary(page);
  }
  const { bold } = paintFor(people.stdout);
  writeLines(people, [
    ...findings.map(({ kind, title, message, file, line }) => `${kind}: ${bold(title)}: ${message} (${file}:${line})`),
    ...(comparison === null ? [] : [comparisonText(comparison)]),
    bold(summary),
  ]);
}

/** Where the reports of the runs that were kept lie, from the page's folder. */
function reportsFrom(page: string, { effort }: PlayedSuite): ReadonlyMap<number, string> {
  const from = path.dirname(path.resolve(page));
  const fileOf = (directory: string) => path.relative(from, path.resolve(directory, "report.html")).split(path.sep).map(encodeURIComponent).join("/");
  return new Map(effort.cells.flatMap(({ place, directory }) => (directory === null ? [] : [[place, fileOf(directory)] as const])));
}

/**
 * GitHub names the file, which steps before may have filled in part: one summary for each step, with a limit for each.
 */
function addToJobSummary(page: (bytesMax: number) => string): void {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  const used = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  appendFileSync(file, page(Math.max(0, summaryBytesMax - used)));
}
