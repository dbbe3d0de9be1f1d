/**
 * `npm run library:live`: every scenario on `naive` and on `hardened` once, live, one after the other, then five virtual seeds of each; the table goes to
 * docs/results/library.md. It can be ended with Ctrl-C and started again: cells that were judged are not played again. `--again` forgets them.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import { cellName, type Cell, type PlayedCell } from "../../lab/suite/cell.ts";
import { chooseCells } from "../../lab/suite/choose-cells.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { playLive } from "../../lab/suite/play-live.ts";
import { directoryName } from "../../lab/suite/play-virtual.ts";
import { liveReasons } from "./live-reasons.ts";
import { liveLine, problemOf, type LiveRow } from "./live-table.ts";

const root = path.resolve(import.meta.dirname, "../..");
const keepIn = path.join(root, "runs/library-live");
const journal = path.join(keepIn, "played.ndjson");
const { values, positionals: names } = parseArgs({ allowPositionals: true, options: { stack: { type: "string", multiple: true, default: ["naive", "hardened"] }, seeds: { type: "string", default: "5" }, again: { type: "boolean", default: false } } });
const quiet = { load: "embedded", network: "auto", onProgress: () => {} } as const;

/** Ends that another try may change, such as those of a busy machine. */
const undecided: ReadonlySet<string> = new Set(["failed", "unknown", "interrupted"]);

function judgedBefore(): ReadonlyMap<string, PlayedCell> {
  if (values.again) rmSync(keepIn, { recursive: true, force: true });
  const lines = existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : [];
  const played = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as PlayedCell);
  return new Map(played.filter(({ result }) => !undecided.has(result.end)).map((one) => [canonicalJson(one.result.cell), one]));
}

async function playMissing(cells: readonly Cell[]): Promise<ReadonlyMap<string, PlayedCell>> {
  const known = new Map(judgedBefore());
  const missing = cells.filter((cell) => !known.has(canonicalJson(cell)));
  mkdirSync(keepIn, { recursive: true });
  for (const cell of missing) rmSync(path.join(keepIn, directoryName(cell)), { recursive: true, force: true });
  console.error(`${missing.length} of ${cells.length} cells to play live`);
  await playLive(missing, {
    ...quiet,
    keepIn,
    onPlayed: (played) => {
      known.set(canonicalJson(played.result.cell), played);
      appendFileSync(journal, `${JSON.stringify(played)}\n`);
      console.error(`${cellName(played.result.cell)}: ${played.result.end}`);
    },
  });
  return known;
}

const cells = chooseCells({ names, tags: [], stacks: values.stack, seeds: [1] });
const live = await playMissing(cells);
const done = cells.flatMap((cell) => live.get(canonicalJson(cell)) ?? []);
if (done.length < cells.length) {
  console.error(`${cells.length - done.length} cells are left. Start it again to go on.`);
  process.exit(130);
}
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const virtual = await playCells(cells.flatMap((cell) => seeds.map((seed) => ({ ...cell, seed }))), { keepIn: null, signal: new AbortController().signal, onPlayed: () => {} });
const rows = done.map((one): LiveRow => {
  const { scenario, stack } = one.result.cell;
  return { live: one, virtual: virtual.filter(({ result: { cell } }) => cell.scenario === scenario && cell.stack === stack) };
});
const off = rows.filter((row) => problemOf(row) !== null);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const text = `# The library, live

${new Date().toISOString().slice(0, 10)}, at commit ${commit}: \`npm run library:live\`. Every scenario once with real processes, beside the median of ${seeds.length} virtual seeds. *Meant* is the
scenario's own \`endsAs\`. Lost demand of the two may differ by 5 points.

| scenario | stack | meant | live | lost demand, live | lost demand, virtual | time | note |
|---|---|---|---|---|---|---|---|
${rows.map((row) => liveLine(row, liveReasons)).join("\n")}

${rows.length - off.length} of ${rows.length} cells ended as meant and as in virtual time, within 120 s and 5 points of lost demand.
`;
const partial = names.length > 0 || values.stack.join() !== "naive,hardened";
const file = partial ? path.join(keepIn, "library.md") : path.join(root, "docs/results/library.md");
writeFileSync(file, text);
console.log(path.relative(root, file));
if (off.length > 0) process.exitCode = 1;
