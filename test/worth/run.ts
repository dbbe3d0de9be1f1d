/**
 * `npm run worth`: what each protection of `hardened` is worth, in virtual time with paired seeds; the table goes to
 * docs/results/worth.md, its rows to README.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import { scenarioNames, stackNames } from "../../lab/plan/library.ts";
import { cellName, type Cell } from "../../lab/suite/cell.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { stackWithout } from "../../lab/suite/protections.ts";
import { worthPage } from "./page.ts";
import { withWorth } from "./readme.ts";
import { full, furtherProtections, measuredSix } from "./rows.ts";
import { openStore, rowOrigin, rowsFile } from "../support/result-store.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run worth -- [options]

  --seeds N        seeds 1 to N (20), one after the other, so that every row has the seeds that there was time for
  --minutes N      begin no seed after so many minutes (120)
  --processes N    children that play (one a core)
  --page           play nothing: the page of what was played
  --again          forget what was played before

What was played is kept in docs/results/rows: a run that was stopped goes on there.
`;

const root = path.resolve(import.meta.dirname, "../..");
const { values } = scriptOptions(usage, {
  seeds: { type: "string", default: "20" },
  minutes: { type: "string", default: "120" },
  processes: { type: "string" },
  page: { type: "boolean", default: false },
  again: { type: "boolean", default: false },
});

if (!(Number(values.seeds) >= 1)) throw new LabError({ exit: "refused", code: "bad_option", message: "Give --seeds a whole number above 0", hint: usage });
const store = openStore(rowsFile("worth"), values);

/** Every cell of one seed that the library has. */
function cellsOf(seed: number): readonly Cell[] {
  const protections = [...measuredSix, ...furtherProtections];
  const played = protections.flatMap((protection) => protection.scenarios.flatMap((scenario) => [full, stackWithout(protection)].map((stack) => ({ scenario, stack }))));
  const known = played.filter(({ scenario, stack }) => scenarioNames().includes(scenario) && stackNames().includes(stack));
  return [...new Map(known.map(({ scenario, stack }) => [`${scenario} ${stack}`, { scenario, stack, seed, sets: [] }])).values()];
}

async function play(): Promise<void> {
  const origin = rowOrigin();
  const until = performance.now() + Number(values.minutes) * 60_000;
  const stopped = new AbortController();
  process.once("SIGINT", () => stopped.abort());
  for (let seed = 1; seed <= Number(values.seeds) && performance.now() < until && !stopped.signal.aborted; seed++) {
    const cells = cellsOf(seed).filter((cell) => store.decided(cell) === undefined);
    const onPlayed: Parameters<typeof playCells>[1]["onPlayed"] = (played) => {
      const { result, effort } = played;
      store.add(played, origin);
      console.log(`${cellName(result.cell)}: ${result.end.replace("_", " ")}, ${Math.round((effort.cpuMs ?? 0) / 1_000)} s of CPU time`);
    };
    await playCells(cells, { ...(values.processes === undefined ? {} : { processes: Number(values.processes) }), keepIn: null, signal: stopped.signal, onPlayed });
  }
}

if (!values.page) await play();
const page = worthPage(store);
writeFileSync(path.join(root, "docs/results/worth.md"), page);
const readme = path.join(root, "README.md");
writeFileSync(readme, withWorth(readFileSync(readme, "utf8"), page));
console.log("docs/results/worth.md, and its rows in README.md");
