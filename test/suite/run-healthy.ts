/**
 * `npm run suite:healthy -- --seeds 100`: without faults, each stack of the library with seeds 1 to n. Exits 1 where
 * more than one of a stack does not hold.
 */
import { cellName } from "../../lab/suite/cell.ts";
import { chooseCells } from "../../lab/suite/choose-cells.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { stackNames } from "../../lab/plan/library.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run suite:healthy -- [options]

  --seeds N      seeds 1 to N (100)
  --stack NAME   this stack; may be repeated (every stack of the library)

Exits 1 where more than one run of a stack does not hold.
`;

const { values } = scriptOptions(usage, { seeds: { type: "string", default: "100" }, stack: { type: "string", multiple: true } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const stacks = values.stack ?? stackNames();
const cells = chooseCells({ names: ["healthy"], tags: [], stacks, seeds });
let done = 0;
const played = await playCells(cells, {
  keepIn: null,
  signal: new AbortController().signal,
  onPlayed: () => {
    done++;
    if (done % 50 === 0) console.error(`${done} of ${cells.length} runs`);
  },
});
for (const stack of stacks) {
  const off = played.filter(({ result }) => result.cell.stack === stack && result.end !== "held");
  console.log(`${stack}: ${seeds.length - off.length} of ${seeds.length} held`);
  for (const { result } of off) console.log(`  ${cellName(result.cell)}: ${result.end.replace("_", " ")}. ${result.reasons[0] ?? ""}`);
  if (off.length > 1) process.exitCode = 1;
}
