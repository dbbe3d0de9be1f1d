import { formatValue } from "../../observer/measure/format.ts";
import { comparedTable, comparedNotes, type Pair } from "../../observer/view/compared.ts";
import type { RunView } from "../../observer/view/run-view.ts";
import { paintVerdict, type Paint } from "../board/paint.ts";
import { plainTable, tableText } from "./plain-table.ts";

/** Two runs as a table: each figure of one beside that of the other. */
export function diffText(pair: Pair, paint: Paint): string {
  const { columns, rows } = comparedTable(pair);
  const table = plainTable();
  // The notes of the figures do not fit beside both.
  table.push(columns.slice(0, shown).map((text) => paint.dim(text)));
  for (const row of rows) table.push(row.slice(0, shown).map(formatValue));
  const heads = pair.map((view, index) => `${index === 0 ? "A" : "B"}  ${headOf(view, paint)}`);
  return `${[heads.join("\n"), tableText(table), comparedNotes(pair).map((note) => paint.dim(note)).join("\n")].join("\n\n")}\n`;
}

const shown = 4;

function headOf({ verdict, scenario, stack, seed }: RunView, paint: Paint): string {
  return `${paintVerdict(paint, verdict, verdict.toUpperCase().replace("_", " "))}  ${scenario} on ${stack}, seed ${seed}`;
}
