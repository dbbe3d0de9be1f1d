import { formatValue, percent } from "../../observer/measure/format.ts";
import { measured, measureTitle } from "../../observer/measure/quantity.ts";
import type { Cell, CellResult } from "./cell.ts";
import type { Change, Comparison } from "./regressions.ts";
import { expectationText } from "./report/expectation-text.ts";
import { scenarioFacts } from "./scenario-facts.ts";
import { expectedEnd, standingOf, type Accepted } from "./standing.ts";

/** What a person has to look at, and where. */
export interface Finding {
  readonly kind: "error" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  /** More is worse. */
  readonly severity: number;
}

/** All of a suite, the worst first. The same of several seeds of a scenario on a stack is one. */
export function findingsOf(results: readonly CellResult[], accepted: Accepted, comparison: Comparison | null): readonly Finding[] {
  const all = results.flatMap((result) => findingsOfCell(result, accepted));
  const grouped = [...Map.groupBy(all, ({ key }) => key).values()].map((same) => ({ ...same[0]!.finding, title: titleOf(same.map(({ cell }) => cell), results), severity: Math.max(...same.map(({ finding }) => finding.severity)) }));
  return [...grouped, ...changesOf(comparison)].sort((a, b) => b.severity - a.severity);
}

interface KeyedFinding {
  readonly key: string;
  readonly cell: Cell;
  readonly finding: Omit<Finding, "title">;
}

function findingsOfCell(result: CellResult, accepted: Accepted): readonly KeyedFinding[] {
  const { cell, end, reasons, expectations, measures } = result;
  const standing = standingOf(result, accepted);
  const expected = expectedEnd(result, accepted);
  if (standing === "held") return end === expected || expected === null ? [] : [keyed(cell, { kind: "notice", ...fileOf(cell), message: `${words(end)}, which is better than ${words(expected)}, as was expected`, severity: 0 })];
  const off = expectations.filter((expectation) => expectation.result === (standing === "unknown" ? "unknown" : "deviated"));
  const lost = Math.min(1, Math.max(0, measures?.lostDemand?.value ?? 0));
  const kind = standing === "unknown" ? "warning" : "error";
  const severity = { unknown: 1, deviated: end === "not_recovered" ? 4 : 3, failed: 5 }[standing] + lost / 2;
  const ended = `${words(end)}${expected === null ? "" : `, ${words(expected)} was expected`}`;
  if (off.length === 0) return [keyed(cell, { kind, ...fileOf(cell), message: `${ended}. ${reasons[0] ?? ""}`, severity })];
  return off.map((expectation) => keyed(cell, { kind, ...fileOf(cell), line: expectation.line, message: `${ended}. ${expectationText(expectation)}`, severity }));
}

const words = (end: CellResult["end"]) => end.replace("_", " ");
const fileOf = ({ scenario }: Pick<Cell, "scenario">) => ({ file: scenarioFacts(scenario).file, line: 1 });
const keyed = (cell: Cell, finding: KeyedFinding["finding"]): KeyedFinding => ({ key: JSON.stringify([cell.scenario, cell.stack, cell.sets, finding.kind, finding.file, finding.line]), cell, finding });

function titleOf(cells: readonly Cell[], results: readonly CellResult[]): string {
  const { scenario, stack } = cells[0]!;
  const of = new Set(results.filter(({ cell }) => cell.scenario === scenario && cell.stack === stack).map(({ cell }) => cell.seed)).size;
  return `${scenario} on ${stack}, ${of === 1 ? `seed ${cells[0]!.seed}` : `${new Set(cells.map(({ seed }) => seed)).size} of ${of} seeds`}`;
}

/** Measures that are worse than in the baseline, in words, by cell. */
export const regressionsOf = (comparison: Comparison | null): readonly Regression[] => (comparison?.worse ?? []).map((change) => ({ ...change, ...placeOfChange(change), ...changeText(change, comparison!.level) }));

/** A measure that is worse, for reports of tests. */
export type Regression = Pick<Change, "scenario" | "stack" | "measure"> & Omit<Finding, "kind" | "severity">;

/** What reports of tests have besides the cells, so that they are green only where the exit code is 0. */
export interface BesidesCells {
  readonly regressions: readonly Regression[];
  /** Cells that should have been played and were not. */
  readonly unplayed: number;
}

/** `3 cells were not played`. */
export const unplayedText = ({ unplayed }: BesidesCells): string => (unplayed === 1 ? "1 cell was not played" : `${unplayed} cells were not played`);

function changesOf(comparison: Comparison | null): readonly Finding[] {
  if (comparison === null) return [];
  const { worse, better, level } = comparison;
  const finding = (change: Change, kind: "error" | "notice", severity: number) => ({ kind, severity, ...placeOfChange(change), ...changeText(change, level) });
  return [...worse.map((change) => finding(change, "error", 2 + Math.min(0.9, change.now - change.before))), ...better.map((change) => finding(change, "notice", 0))];
}

function changeText({ scenario, stack, measure, before, now, interval, seeds, paired }: Change, level: number): Pick<Finding, "title" | "message"> {
  const shown = (value: number | Change["interval"]) => formatValue(measured(measure, value));
  const difference = `${shown(before)} in the baseline, ${shown(now)} now`;
  const over = `${percent(level)} interval of the difference over ${seeds} ${paired ? "paired " : ""}seeds: ${shown(interval)}`;
  return { title: `${scenario} on ${stack}: ${measureTitle(measure)} is ${now > before ? "worse" : "better"}`, message: `${difference} (${over})` };
}

/** At the expectation of that measure, where the scenario has one. */
function placeOfChange({ scenario, measure }: Change): Pick<Finding, "file" | "line"> {
  const { scenario: { expectations }, file, lines } = scenarioFacts(scenario);
  return { file, line: lines[expectations.findIndex((expectation) => expectation.measure === measure)] ?? 1 };
}
