/**
 * `npm run library:virtual -- --seeds 5`: every scenario on every stack in virtual time, with seeds 1 to n; the table
 * goes to docs/results. It can be ended with Ctrl-C and started again: cells that were judged are not played again.
 * `--again` forgets them.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { exitCodes } from "../../kernel/errors.ts";
import { quantile } from "../../kernel/stats.ts";
import { cellName, type CellMeasures, type PlayedCell } from "../../lab/suite/cell.ts";
import { chooseCells } from "../../lab/suite/choose-cells.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { formatValue } from "../../observer/measure/format.ts";
import { none, share, times } from "../../observer/measure/quantity.ts";
import { scriptOptions } from "../support/script-options.ts";
import { openJournal } from "./journal.ts";
import { endsAsMeant } from "./as-meant.ts";

const usage = `Usage: npm run library:virtual -- [options]

  --seeds N   seeds 1 to N of every scenario on every stack that it names (5)
  --again     forget what was played before

What was played is kept in runs/library-virtual.ndjson: a run that was stopped goes on there.
`;

const root = path.resolve(import.meta.dirname, "../..");
const { values } = scriptOptions(usage, { seeds: { type: "string", default: "5" }, again: { type: "boolean", default: false } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
if (seeds.length === 0) throw new Error("Give --seeds a whole number above 0");

function countsOf(row: readonly PlayedCell[]): string {
  const counts = Map.groupBy(row, ({ result }) => result.end.replace("_", " "));
  return [...counts].map(([end, of]) => (of.length === row.length ? end : `${end} ${of.length}`)).join(", ");
}

function measuredRange(row: readonly PlayedCell[], unit: typeof share, value: (measures: CellMeasures) => number | undefined): string {
  const numbers = row.flatMap(({ result: { measures } }) => (measures === null ? [] : (value(measures) ?? [])));
  if (numbers.length === 0) return none;
  return `${formatValue(unit(quantile(numbers, 0.5)))} (${formatValue(unit([Math.min(...numbers), Math.max(...numbers)]))})`;
}

const cpuS = (row: readonly PlayedCell[]) => row.reduce((total, { effort }) => total + (effort.cpuMs ?? 0), 0) / 1_000;

function lineOf(row: readonly PlayedCell[]): string {
  const { cell, meant } = row[0]!.result;
  const ranges = [measuredRange(row, share, ({ lostDemand }) => lostDemand?.value), measuredRange(row, times, ({ amplification }) => amplification)];
  const columns = [cell.scenario, cell.stack, meant?.replace("_", " ") ?? none, countsOf(row), ...ranges, (cpuS(row) / row.length).toFixed(1)];
  return `| ${columns.join(" | ")} |`;
}

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const journal = openJournal(path.join(root, "runs/library-virtual.ndjson"), values);
/** Seed by seed, so that a run that is stopped has whole seeds. */
const cells = chooseCells({ names: [], tags: [], stacks: "every", seeds }).toSorted((a, b) => a.seed - b.seed);
const stopped = new AbortController();
process.once("SIGINT", () => stopped.abort());
const now = await playCells(cells.filter((cell) => journal.of(cell) === undefined), {
  keepIn: null,
  signal: stopped.signal,
  onPlayed: (one) => {
    journal.add(one, commit);
    console.log(`${cellName(one.result.cell)}: ${one.result.end}`);
  },
});
if (stopped.signal.aborted) {
  console.error("Start it again to go on.");
  process.exit(exitCodes.interrupted);
}
const played = [...cells.flatMap((cell) => journal.of(cell) ?? []), ...now.filter(({ result }) => journal.of(result.cell) === undefined)];
const rows = [...Map.groupBy(played, ({ result: { cell } }) => `${cell.scenario} on ${cell.stack}`)];
const off = rows.filter(([, row]) => !row.every(({ result }) => endsAsMeant(result)));
const date = new Date().toISOString().slice(0, 10);
const text = `# The library in virtual time

${date}, at commit ${journal.commitsOf(cells).join(", ")}: \`npm run library:virtual -- --seeds ${seeds.length}\`. Every scenario of the library on every stack of it, seeds 1 to ${seeds.length}. *Meant* is the scenario's
own \`endsAs\`; a cell without one may end in any way but unknown or failed. Blast radius and amplification are the median over the seeds, and the
lowest to the highest.

| scenario | stack | meant | ended | blast radius | amplification | CPU s a run |
|---|---|---|---|---|---|---|
${rows.map(([, row]) => lineOf(row)).join("\n")}

${rows.length} cells, ${played.length} runs, ${Math.round(cpuS(played))} s of CPU time in all. ${off.length === 0 ? "All ended as meant." : `Not as meant: ${off.map(([name]) => name).join(", ")}.`}
`;
const file = path.join(root, "docs/results", `library-virtual-${date}.md`);
writeFileSync(file, text);
console.log(path.relative(root, file));
if (off.length > 0) process.exitCode = 1;
