/**
 * `npm run library:live`: every scenario on `naive` and on `hardened` once, live, one after the other, then five
 * virtual seeds of each; the table goes to docs/results/library.md. It can be ended with Ctrl-C and started again:
 * cells that were judged are not played again. `--again` forgets them.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cellName, type Cell, type PlayedCell } from "../../lab/suite/cell.ts";
import { chooseCells } from "../../lab/suite/choose-cells.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { playLive } from "../../lab/suite/play-live.ts";
import { directoryName } from "../../lab/suite/play-virtual.ts";
import { scriptOptions } from "../support/script-options.ts";
import { openJournal } from "./journal.ts";
import { liveReasons } from "./live-reasons.ts";
import { liveLine, problemOf, type LiveRow } from "./live-table.ts";

const usage = `Usage: npm run library:live -- [SCENARIO…] [options]

  --stack NAME   this stack; may be repeated (naive and hardened)
  --seeds N      virtual seeds beside each live run, 1 to N (5)
  --again        forget what was played before
  --page         play nothing live: the page of what was played, which names what was not

Live, one run after another, about 100 s each. What was played is kept in runs/library-live: a run that was stopped goes on there.
`;

const root = path.resolve(import.meta.dirname, "../..");
const keepIn = path.join(root, "runs/library-live");
const { values, positionals: names } = scriptOptions(
  usage,
  { stack: { type: "string", multiple: true, default: ["naive", "hardened"] }, seeds: { type: "string", default: "5" }, again: { type: "boolean", default: false }, page: { type: "boolean", default: false } },
  { allowPositionals: true },
);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const journal = openJournal(path.join(keepIn, "played.ndjson"), values);
const quiet = { load: "embedded", network: "auto", onProgress: () => {} } as const;

/** All that were played, some of them now. */
async function playMissing(cells: readonly Cell[]): Promise<readonly PlayedCell[]> {
  const ended = new Map<Cell, PlayedCell>();
  const missing = cells.filter((cell) => journal.of(cell) === undefined);
  mkdirSync(keepIn, { recursive: true });
  for (const cell of missing) rmSync(path.join(keepIn, directoryName(cell)), { recursive: true, force: true });
  console.error(`${missing.length} of ${cells.length} cells to play live`);
  await playLive(missing, {
    ...quiet,
    keepIn,
    onPlayed: (played) => {
      ended.set(played.result.cell, played);
      journal.add(played, commit);
      console.error(`${cellName(played.result.cell)}: ${played.result.end}`);
    },
  });
  return [...cells.flatMap((cell) => journal.of(cell) ?? []), ...[...ended.values()].filter(({ result }) => journal.of(result.cell) === undefined)];
}

const cells = chooseCells({ names, tags: [], stacks: values.stack, seeds: [1], live: true });
const virtualOnly = chooseCells({ names: [], tags: ["virtual"], stacks: ["hardened"], seeds: [1] }).map(({ scenario }) => scenario);
const done = values.page ? cells.flatMap((cell) => journal.of(cell) ?? []) : await playMissing(cells);
if (done.length < cells.length && !values.page) {
  console.error(`${cells.length - done.length} cells are left. Start it again to go on.`);
  process.exit(130);
}
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const virtual = await playCells(done.flatMap(({ result: { cell } }) => seeds.map((seed) => ({ ...cell, seed }))), { keepIn: null, signal: new AbortController().signal, onPlayed: () => {} });
const rows = done.map((one): LiveRow => {
  const { scenario, stack } = one.result.cell;
  return { live: one, virtual: virtual.filter(({ result: { cell } }) => cell.scenario === scenario && cell.stack === stack) };
});
const unplayed = cells.filter((cell) => journal.of(cell) === undefined);
const off = rows.filter((row) => problemOf(row) !== null);
const text = `# The library, live

${new Date().toISOString().slice(0, 10)}, at commit ${journal.commitsOf(cells).join(", ")}: \`npm run library:live\`. Every scenario once with real processes, beside the median of ${seeds.length} virtual ${seeds.length === 1 ? "seed" : "seeds"}. *Meant* is the
scenario's own \`endsAs\`. Lost demand of the two may differ by 5 points. For virtual time alone, because they last far longer than a game day: ${virtualOnly.join(", ")}.

| scenario | stack | meant | live | lost demand, live | lost demand, virtual | time | note |
|---|---|---|---|---|---|---|---|
${rows.map((row) => liveLine(row, liveReasons)).join("\n")}

${rows.length - off.length} of ${rows.length} cells ended as meant and as in virtual time, within 120 s and 5 points of lost demand.${unplayed.length === 0 ? "" : ` Not played live yet, ${unplayed.length} of ${cells.length}: ${unplayed.map(cellName).join(", ")}.`}
`;
const partial = names.length > 0 || values.stack.join() !== "naive,hardened";
const file = partial ? path.join(keepIn, "library.md") : path.join(root, "docs/results/library.md");
writeFileSync(file, text);
console.log(path.relative(root, file));
if (off.length > 0) process.exitCode = 1;
