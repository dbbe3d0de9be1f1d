/**
 * `npm run library:virtual -- --seeds 5`: every scenario on every stack in virtual time, with seeds 1 to n; the table
 * goes to docs/results. It can be ended with Ctrl-C and started again: cells that were judged are not played again.
 * `--again` forgets them.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { exitCodes } from "../../kernel/errors.ts";
import { cellName } from "../../lab/suite/cell.ts";
import { chooseCells } from "../../lab/suite/choose-cells.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { openStore, rowOrigin, rowsFile } from "../support/result-store.ts";
import { scriptOptions } from "../support/script-options.ts";
import { libraryVirtualPage, notAsMeant } from "./virtual-page.ts";

const usage = `Usage: npm run library:virtual -- [options]

  --seeds N   seeds 1 to N of every scenario on every stack that it names (5)
  --again     forget what was played before

What was played is kept in docs/results/rows: a run that was stopped goes on there.
`;

const root = path.resolve(import.meta.dirname, "../..");
const { values } = scriptOptions(usage, { seeds: { type: "string", default: "5" }, again: { type: "boolean", default: false } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
if (seeds.length === 0) throw new Error("Give --seeds a whole number above 0");

const store = openStore(rowsFile("library-virtual"), values);
const origin = rowOrigin();
/** Seed by seed, so that a run that is stopped has whole seeds. */
const cells = chooseCells({ names: [], tags: [], stacks: "every", seeds }).toSorted((a, b) => a.seed - b.seed);
const stopped = new AbortController();
process.once("SIGINT", () => stopped.abort());
await playCells(cells.filter((cell) => store.decided(cell) === undefined), {
  keepIn: null,
  signal: stopped.signal,
  onPlayed: (one) => {
    store.add(one, origin);
    console.log(`${cellName(one.result.cell)}: ${one.result.end}`);
  },
});
if (stopped.signal.aborted) {
  console.error("Start it again to go on.");
  process.exit(exitCodes.interrupted);
}
const file = "docs/results/library-virtual.md";
writeFileSync(path.join(root, file), libraryVirtualPage(store));
console.log(file);
if (notAsMeant(store).length > 0) process.exitCode = 1;
