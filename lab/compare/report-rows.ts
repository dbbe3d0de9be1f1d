import { formatValue } from "../../observer/measure/format.ts";
import { none, quantity } from "../../observer/measure/quantity.ts";
import type { CellEnd } from "../suite/cell.ts";
import type { ComparedDifference, ComparedFigure, ComparedStack } from "./comparison.ts";
import { comparedMeasures, comparedQuantity } from "./measures.ts";

/** Heads of the table of stacks. */
export const stackHeads = ["stack", "ended", ...comparedMeasures.map(({ label }) => label)] as const;

/** One row of it: how the seeds ended, and each measure's mean with its interval over seeds. */
export const stackRow = ({ label, ends, figures }: ComparedStack): readonly string[] => [label, endsText(ends.map(({ end }) => end)), ...figures.map(figureText)];

function endsText(ends: readonly CellEnd[]): string {
  const counts = Map.groupBy(ends, (end) => end.replace("_", " "));
  return [...counts].map(([end, of]) => (of.length === ends.length ? end : `${end} ${of.length} of ${ends.length}`)).join(", ");
}

/** `12.1 % (11 % to 13.2 %)`. */
export function figureText({ measure, mean, isLeast, interval }: ComparedFigure): string {
  if (mean === null) return none;
  const of = comparedMeasures.find(({ name }) => name === measure)!;
  const range = interval === null || isLeast || interval[0] === interval[1] ? "" : ` (${formatValue(quantity(of.unit, interval))})`;
  return `${formatValue(comparedQuantity(of, mean, isLeast))}${range}`;
}

/** `+12.1 % (11 % to 13.2 %)`; in brackets as a whole where it does not tell the two apart. */
export function differenceText({ measure, difference, interval, separated }: ComparedDifference): string {
  if (difference === null) return none;
  const { unit } = comparedMeasures.find(({ name }) => name === measure)!;
  const size = `${difference > 0 ? "+" : ""}${formatValue(quantity(unit, difference))}`;
  const range = interval === null || interval[0] === interval[1] ? "" : ` (${formatValue(quantity(unit, interval))})`;
  return separated ? `**${size}**${range}` : `${size}${range}`;
}
