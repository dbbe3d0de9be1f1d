/**
 * `npm run suite:power -- --seeds 20 --draws 100`: how often the suite reports nothing, and how often a fifth more lost
 * demand. Exits 1 where it misses.
 */
import { percent } from "../../observer/measure/format.ts";
import { measurePower, powerCases } from "./power.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run suite:power -- [options]

  --seeds N   paired seeds (20)
  --draws N   pairs of suites that are drawn from them (100)

Exits 1 where the suite reports too much or too little.
`;

const { values } = scriptOptions(usage, { seeds: { type: "string", default: "20" }, draws: { type: "string", default: "100" } });
const [seeds, draws] = [Number(values.seeds), Number(values.draws)];
const runs = powerCases.length * seeds * 4;
let done = 0;
const { lostDemand, aAgainstA, planted } = await measurePower(powerCases, {
  seeds,
  draws,
  onPlayed: () => {
    done++;
    if (done % 20 === 0) console.error(`${done} of ${runs} runs`);
  },
});
for (const { scenario, base, worse } of lostDemand) console.log(`${scenario}: lost demand ${percent(base)}, planted ${percent(worse)}`);
console.log(`A against A, ${seeds} seeds each: reported in ${aAgainstA} of ${draws} suites`);
console.log(`A fifth worse, ${seeds} paired seeds: reported in ${planted.reported} of ${planted.of} comparisons`);
if (aAgainstA > draws * 0.05 || planted.reported < planted.of) process.exitCode = 1;
