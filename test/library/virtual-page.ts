import { quantile } from "../../kernel/stats.ts";
import type { CellMeasures } from "../../lab/suite/cell.ts";
import { formatValue } from "../../observer/measure/format.ts";
import { none, share, times } from "../../observer/measure/quantity.ts";
import { playedText, type ResultStore, type Row } from "../support/result-store.ts";
import { endsAsMeant } from "./as-meant.ts";

/** Cells of which a seed did not end as meant. */
export const notAsMeant = (store: ResultStore): readonly string[] =>
  [...cellsOf(store)].filter(([, rows]) => !rows.every(({ result }) => endsAsMeant(result))).map(([name]) => name);

/** All seeds of a scenario on a stack. */
const cellsOf = (store: ResultStore) => Map.groupBy(store.rows(), ({ result: { cell } }) => `${cell.scenario} on ${cell.stack}`);

/** docs/results/library-virtual.md. */
export function libraryVirtualPage(store: ResultStore): string {
  const rows = store.rows();
  const cells = [...cellsOf(store).values()];
  const seeds = Math.max(...rows.map(({ result }) => result.cell.seed));
  const off = notAsMeant(store);
  return `# The library in virtual time

${playedText(rows)}: \`npm run library:virtual -- --seeds ${seeds}\`. Every scenario of the library on every stack of it, seeds 1 to ${seeds}. *Meant* is the scenario's
own \`endsAs\`; a cell without one may end in any way but unknown or failed. Blast radius and amplification are the median over the seeds, and the
lowest to the highest.

| scenario | stack | meant | ended | blast radius | amplification | CPU s a run |
|---|---|---|---|---|---|---|
${cells.map(lineOf).join("\n")}

${cells.length} cells, ${rows.length} runs, ${Math.round(cpuS(rows))} s of CPU time in all. ${off.length === 0 ? "All ended as meant." : `Not as meant: ${off.join(", ")}.`}
`;
}

function lineOf(rows: readonly Row[]): string {
  const { cell, meant } = rows[0]!.result;
  const ranges = [measuredRange(rows, share, ({ lostDemand }) => lostDemand?.value), measuredRange(rows, times, ({ amplification }) => amplification)];
  const columns = [cell.scenario, cell.stack, meant?.replace("_", " ") ?? none, countsOf(rows), ...ranges, (cpuS(rows) / rows.length).toFixed(1)];
  return `| ${columns.join(" | ")} |`;
}

function countsOf(rows: readonly Row[]): string {
  const counts = Map.groupBy(rows, ({ result }) => result.end.replace("_", " "));
  return [...counts].map(([end, of]) => (of.length === rows.length ? end : `${end} ${of.length}`)).join(", ");
}

function measuredRange(rows: readonly Row[], unit: typeof share, value: (measures: CellMeasures) => number | undefined): string {
  const numbers = rows.flatMap(({ result: { measures } }) => (measures === null ? [] : (value(measures) ?? [])));
  if (numbers.length === 0) return none;
  return `${formatValue(unit(quantile(numbers, 0.5)))} (${formatValue(unit([Math.min(...numbers), Math.max(...numbers)]))})`;
}

const cpuS = (rows: readonly Row[]) => rows.reduce((total, { effort }) => total + (effort.cpuMs ?? 0), 0) / 1_000;
