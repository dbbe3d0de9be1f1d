/** `npm run suite:power -- --seeds 20 --draws 100`: how often the suite reports nothing, and how often a fifth more lost demand. Exits 1 where it misses. */
import { parseArgs } from "node:util";
import { percent } from "../../observer/measure/format.ts";
import { measurePower, powerCases } from "./power.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "20" }, draws: { type: "string", default: "100" } } });
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
