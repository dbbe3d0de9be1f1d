/**
 * `npm run library:live`: every scenario on `naive` and on `hardened` once, live, one after the other, beside virtual
 * seeds of each; the table goes to docs/results/library.md. It can be ended with Ctrl-C and started again: cells that
 * were judged are not played again. `--again` forgets them.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { listenForInterrupt } from "../../lab/live/interrupt.ts";
import { cellName, type Cell } from "../../lab/suite/cell.ts";
import { chooseCells } from "../../lab/suite/choose-cells.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { playLive } from "../../lab/suite/play-live.ts";
import { directoryName } from "../../lab/suite/play-virtual.ts";
import { openStore, rowOrigin, rowsFile } from "../support/result-store.ts";
import { scriptOptions } from "../support/script-options.ts";
import { libraryLivePage, liveRows } from "./live-page.ts";
import { problemOf } from "./live-table.ts";

const usage = `Usage: npm run library:live -- [SCENARIO…] [options]

  --stack NAME   this stack; may be repeated (naive and hardened)
  --seeds N      virtual seeds beside each live run, 1 to N (5)
  --again        forget what was played before
  --page         play nothing: the page of what was played, which names what was not

Live, one run after another, about 100 s each. What was played is kept in docs/results/rows: a run that was stopped goes on there.
`;

const root = path.resolve(import.meta.dirname, "../..");
const keepIn = path.join(root, "runs/library-live");
const { values, positionals: names } = scriptOptions(
  usage,
  { stack: { type: "string", multiple: true, default: ["naive", "hardened"] }, seeds: { type: "string", default: "5" }, again: { type: "boolean", default: false }, page: { type: "boolean", default: false } },
  { allowPositionals: true },
);
const live = openStore(rowsFile("library-live"), values);
const virtual = openStore(rowsFile("library-live-virtual"), values);
const cells = chooseCells({ names, tags: [], stacks: values.stack, seeds: [1], live: true });

async function playMissing(): Promise<void> {
  const origin = rowOrigin();
  const missing = cells.filter((cell) => live.decided(cell) === undefined);
  mkdirSync(keepIn, { recursive: true });
  for (const cell of missing) rmSync(path.join(keepIn, directoryName(cell)), { recursive: true, force: true });
  console.error(`${missing.length} of ${cells.length} cells to play live`);
  using interrupt = listenForInterrupt();
  const played = await playLive(missing, {
    signal: interrupt.signal,
    load: "embedded",
    network: "auto",
    onProgress: () => {},
    keepIn,
    onPlayed: (one) => {
      live.add(one, origin);
      console.error(`${cellName(one.result.cell)}: ${one.result.end}`);
    },
  });
  if (played.length < missing.length) {
    console.error(`${missing.length - played.length} cells are left. Start it again to go on.`);
    process.exit(130);
  }
  await playBeside(missing, interrupt.signal);
}

/** In virtual time: what was played live now, and what has not been played yet. */
async function playBeside(now: readonly Cell[], signal: AbortSignal): Promise<void> {
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const beside = cells.flatMap((cell) => seeds.map((seed) => ({ cell: { ...cell, seed }, isNew: now.includes(cell) })));
  const missing = beside.flatMap(({ cell, isNew }) => (isNew || virtual.decided(cell) === undefined ? [cell] : []));
  const origin = rowOrigin();
  await playCells(missing, { keepIn: null, signal, onPlayed: (one) => virtual.add(one, origin) });
}

if (!values.page) await playMissing();
const partial = names.length > 0 || values.stack.join() !== "naive,hardened";
const file = partial ? path.join(keepIn, "library.md") : path.join(root, "docs/results/library.md");
writeFileSync(file, libraryLivePage({ live, virtual }, cells));
console.log(path.relative(root, file));
if (liveRows({ live, virtual }, cells).some((row) => problemOf(row) !== null)) process.exitCode = 1;
