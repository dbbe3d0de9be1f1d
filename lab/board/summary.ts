import Table from "cli-table3";
import type { Belief, MeasuredExpectation, Measures, Verdict } from "../../kernel/verdict.ts";
import { duration, measured, measuredRange, measureTitle, percent } from "./format.ts";
import { paintVerdict, type Paint } from "./paint.ts";

export interface SummaryInput {
  readonly verdict: Verdict;
  readonly title: string;
  readonly directory: string;
  /** The command that plays the run again; null where it is not known. */
  readonly replay: string | null;
}

/** A run's end on one screen: verdict, blast radius with its parts, expectations, belief beside observation, where it is kept. */
export function summaryText({ verdict, title, directory, replay }: SummaryInput, paint: Paint): string {
  const [reason, ...others] = verdict.reasons;
  const sections = [
    [
      `${paintVerdict(paint, verdict.verdict, paint.bold(verdictWord(verdict)))}  ${paint.bold(verdict.scenario)}  ${title}`,
      ...(reason === undefined ? [] : [`  ${reason}`]),
      // Of a run that held, the table below says it all.
      ...(verdict.verdict === "held" ? [] : others.map((text) => paint.dim(`  ${text}`))),
    ],
    verdict.measures === null ? [] : measuresSection(verdict.measures, paint),
    verdict.expectations.length === 0 ? [] : [expectationsTable(verdict.expectations, paint)],
    verdict.belief === null ? [] : beliefSection(verdict.belief, paint),
    [
      `books     ${booksLine(verdict)}`,
      `load      ${loadLine(verdict)}`,
      `run       ${directory}`,
      `report    ${directory}/report.md`,
      ...(replay === null ? [] : [`replay    ${paint.cyan(replay)}`]),
    ],
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function verdictWord({ verdict }: Verdict): string {
  return verdict.toUpperCase().replace("_", " ");
}

function measuresSection(measures: Measures, paint: Paint): string[] {
  const rows: [string, string, string][] = [
    ["breadth", measuredRange("breadth", measures.breadth), "share of cells that were hit"],
    ["depth", percent(measures.depth), "of requests bad while hit"],
    ["duration", duration(measures.durationMs), "first to last bad window"],
    ["containment", percent(measures.containment), "of the damage lies in cells behind the fault"],
    ["silent share", percent(measures.silentShare), "of requests: wrong or cut short, as a success"],
    ["error budget", `${measures.errorBudgetBurned.toFixed(2)} x`, "burned"],
    ["amplification", `${measures.amplification.toFixed(2)} x`, "provider attempts a client request"],
    ["token waste", percent(measures.tokenWaste), "of tokens generated, never delivered"],
    ["detection", measures.detectionMs === null ? "no alarm" : duration(measures.detectionMs), "by the observer, after the first fault"],
    ["", measures.believedDetectionMs === null ? "no alarm" : duration(measures.believedDetectionMs), "by the gateway's own metrics"],
    ["recovery", recoveryText(measures), "after the last fault"],
    ["first token", firstTokenText(measures), "p50, p99"],
  ];
  const table = plainTable();
  table.push(...rows.map(([name, value, meaning]) => [`  ${name}`, value, paint.dim(meaning)]));
  const control = `minus a control (${measures.control.kind}) of ${measuredRange("blastRadius", measures.control.badUnitWindowShare)}`;
  return [`${paint.bold(`blast radius ${measuredRange("blastRadius", measures.blastRadius)}`)}  ${paint.dim(`of users' windows went bad, ${control}`)}`, tableText(table)];
}

function recoveryText({ recoveryMs, recoveryObservedMs }: Measures): string {
  return recoveryMs === null ? `> ${duration(recoveryObservedMs)}` : duration(recoveryMs);
}

function firstTokenText({ latency: { firstTokenMsP50, firstTokenMsP99 } }: Measures): string {
  return firstTokenMsP50 === null || firstTokenMsP99 === null ? "not measured" : `${duration(firstTokenMsP50)}, ${duration(firstTokenMsP99)}`;
}

function expectationsTable(expectations: readonly MeasuredExpectation[], paint: Paint): string {
  const table = plainTable();
  const headings = ["  expected of", "at least", "at most", "measured", ""];
  table.push(headings.map((text) => paint.dim(text)));
  for (const { measure, atLeast, atMost, value, result } of expectations) {
    const limit = (number: number | undefined) => (number === undefined ? "" : measured(measure, number));
    const mark = result === "held" ? paint.green(result) : result === "deviated" ? paint.red(result) : paint.yellow(result);
    table.push([`  ${measureTitle(measure)}`, limit(atLeast), limit(atMost), measuredRange(measure, value), mark]);
  }
  return tableText(table);
}

function beliefSection(belief: Belief, paint: Paint): string[] {
  const table = plainTable();
  const believed = (count: number | null) => (count === null ? "unreadable" : String(count));
  table.push(["", "gateway believed", "observer saw"].map((text) => paint.dim(text)));
  table.push(["  requests", believed(belief.requests), String(belief.observedRequests)]);
  table.push(["  bad", believed(belief.failures), String(belief.observedBad)]);
  table.push(["  attempts", believed(belief.attempts), String(belief.observedAttempts)]);
  return [tableText(table), ...belief.findings.map((finding) => `  ${finding}`)];
}

function booksLine({ books }: Verdict): string {
  const balance = books.balanced ? "balanced" : `do not balance: ${books.problems.join("; ")}`;
  return `${books.offered} offered, ${books.sent} sent, ${books.dropped} dropped; ${balance}`;
}

function loadLine({ load: { generator, instrument, latenessMsP99 } }: Verdict): string {
  const timedBy = instrument === generator ? "" : `, answers timed by the ${instrument}`;
  return `offered by ${generator ?? "an unknown generator"}${timedBy}; late by ${duration(latenessMsP99)} at p99`;
}

const noBorders = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid"].map(
    (name) => [name, ""],
  ),
);

function plainTable(): Table.Table {
  return new Table({ chars: { ...noBorders, middle: "  " }, style: { "padding-left": 0, "padding-right": 0, head: [], border: [] } });
}

function tableText(table: Table.Table): string {
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
