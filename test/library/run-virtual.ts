/** `npm run library:virtual -- --seeds 5`: every scenario on every stack in virtual time, with seeds 1 to n; the table goes to docs/results. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { quantile } from "../../kernel/stats.ts";
import { formatValue } from "../../observer/measure/format.ts";
import { none, share, times } from "../../observer/measure/quantity.ts";
import { endsAsMeant, libraryCells, playCell, type CellEnd, type LibraryCell } from "./cells.ts";

const root = path.resolve(import.meta.dirname, "../..");
const { values } = parseArgs({ options: { seeds: { type: "string", default: "5" } } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
if (seeds.length === 0) throw new Error("Give --seeds a whole number above 0");

interface Row {
  readonly cell: LibraryCell;
  readonly ends: readonly CellEnd[];
  readonly cpuS: number;
}

async function playAll(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const cell of libraryCells) {
    const before = process.cpuUsage();
    const ends: CellEnd[] = [];
    for (const seed of seeds) ends.push(await playCell(cell, seed, { paired: true }));
    const { user, system } = process.cpuUsage(before);
    rows.push({ cell, ends, cpuS: (user + system) / 1e6 });
    console.log(`${cell.scenario} on ${cell.stack}: ${countsOf(ends)}`);
  }
  return rows;
}

function countsOf(ends: readonly CellEnd[]): string {
  const counts = Map.groupBy(ends, ({ end }) => end.replace("_", " "));
  return [...counts].map(([end, of]) => (of.length === ends.length ? end : `${end} ${of.length}`)).join(", ");
}

function measuredRange(ends: readonly CellEnd[], measure: "blastRadius" | "amplification"): string {
  const numbers = ends.flatMap(({ verdict }) => {
    const measures = verdict?.measures;
    if (measures == null) return [];
    return measure === "amplification" ? [measures.amplification] : measures.blastRadius === null ? [] : [measures.blastRadius.share];
  });
  if (numbers.length === 0) return none;
  const unit = measure === "blastRadius" ? share : times;
  return `${formatValue(unit(quantile(numbers, 0.5)))} (${formatValue(unit([Math.min(...numbers), Math.max(...numbers)]))})`;
}

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const rows = await playAll();
const off = rows.filter(({ cell, ends }) => !ends.every((end) => endsAsMeant(cell, end)));
const lines = rows.map(({ cell, ends, cpuS }) => {
  const meant = cell.endsAs?.replace("_", " ") ?? none;
  return `| ${cell.scenario} | ${cell.stack} | ${meant} | ${countsOf(ends)} | ${measuredRange(ends, "blastRadius")} | ${measuredRange(ends, "amplification")} | ${(cpuS / ends.length).toFixed(1)} |`;
});
const date = new Date().toISOString().slice(0, 10);
const text = `# The library in virtual time

${date}, at commit ${commit}: \`npm run library:virtual -- --seeds ${seeds.length}\`. Every scenario of the library on every stack of it, seeds 1 to ${seeds.length}. *Meant* is the scenario's
own \`endsAs\`; a cell without one may end in any way but unknown or failed. Blast radius and amplification are the median over the seeds, and the
lowest to the highest.

| scenario | stack | meant | ended | blast radius | amplification | CPU s a run |
|---|---|---|---|---|---|---|
${lines.join("\n")}

${rows.length} cells, ${rows.length * seeds.length} runs, ${Math.round(rows.reduce((total, { cpuS }) => total + cpuS, 0))} s of CPU time in all. ${off.length === 0 ? "All ended as meant." : `Not as meant: ${off.map(({ cell }) => `${cell.scenario} on ${cell.stack}`).join(", ")}.`}
`;
const file = path.join(root, "docs/results", `library-virtual-${date}.md`);
writeFileSync(file, text);
console.log(path.relative(root, file));
if (off.length > 0) process.exitCode = 1;
