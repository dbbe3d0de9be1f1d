/**
 * `npm run cold-cache`: what comes after a restart with an empty cache at full load, with and without the protections
 * against it, in virtual time. The table goes to docs/results/cold-cache.md. Exit code 1 where a cache was not warm
 * before, `naive` shows no herd, `hardened` does not keep what is wanted of it, or a run does not end as its scenario
 * says.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { RecoveryCost, VerdictKind } from "../../kernel/verdict.ts";
import { openScenario } from "../../lab/plan/library.ts";
import { resolveRun } from "../../lab/plan/resolve-run.ts";
import { runVirtual } from "../../lab/virtual/run.ts";
import { examine } from "../../observer/measure/judge.ts";
import { parseScenario } from "../../scenarios/parse.ts";
import { scriptOptions } from "../support/script-options.ts";
import { coldCacheFigures, goodputShareMin, type ColdCacheFigures } from "./figures.ts";

const usage = `Usage: npm run cold-cache -- [options]

  --seeds N    seeds 1 to N (10)
  --out FILE   where the page goes (docs/results/cold-cache.md)
`;

const root = path.resolve(import.meta.dirname, "../..");
const scenario = "cold-cache-recovery";
const { text, shown } = openScenario(scenario);
const { endsAs, expectations } = parseScenario(text, shown);
const stacks = ["naive", "one-process", "hardened"];
/** What is wanted of every stack, so that a cold cache is a loss. */
const hitsMin = 0.8;
/** The scenario's own limit. `naive` is meant to be over it. */
const herdMax = expectations.find(({ measure }) => measure === "herdFactor")!.atMost!;
/** What is wanted of `hardened`. */
const backMsMax = 60_000;
const refusedShareMax = 0.01;

const { values } = scriptOptions(usage, { seeds: { type: "string", default: "10" }, out: { type: "string", default: path.join(root, "docs/results/cold-cache.md") } });

interface Row extends ColdCacheFigures {
  readonly stack: string;
  readonly seed: number;
  readonly verdict: VerdictKind;
  readonly herdFactor: number | null;
  readonly moneyHerd: number | null;
  readonly dip: number | null;
  readonly recoveryMs: number | null;
  readonly cost: RecoveryCost | null;
}

async function play(stack: string, seed: number): Promise<Row> {
  const { plan, arrivals, stack: resolved } = resolveRun({ scenario, stack, seed, sets: [] });
  const { records } = await runVirtual({ plan, arrivals, stack: resolved });
  const { verdict, judged } = examine(plan, records, { arrivals });
  const { herdFactor = null, moneyHerd = null, dip = null, recoveryMs = null, recoveryCost = null } = verdict.measures ?? {};
  return { stack, seed, verdict: verdict.verdict, ...coldCacheFigures({ plan, wire: records.wire, judged }), herdFactor, moneyHerd, dip, recoveryMs, cost: recoveryCost };
}

/** Why a row is not as it should be; null: it is. */
function problemOf(row: Row): string | null {
  const meant = endsAs[row.stack];
  if (row.verdict !== meant) return `it ended as ${row.verdict}, and is meant to end as ${meant}`;
  if (row.hitsBefore === null || row.hitsBefore < hitsMin) return `under ${hitsMin * 100} % were hits before`;
  if (row.stack === "naive" && (row.herdFactor === null || row.herdFactor <= herdMax)) return `its herd is within ${herdMax} times the mean of before`;
  if (row.stack !== "hardened") return null;
  if (row.goodputBackMs === null || row.goodputBackMs > backMsMax) return `goodput was not back within ${backMsMax / 1_000} s`;
  if (row.refusedShare === null || row.refusedShare > refusedShareMax) return `the provider refused over ${refusedShareMax * 100} %`;
  if (row.cost === null || row.cost.recovery.bad >= row.cost.outage.bad) return "the recovery cost as much as the outage";
  return null;
}

const percent = (share: number | null) => (share === null ? "-" : `${(100 * share).toFixed(1)} %`);
const seconds = (ms: number | null) => (ms === null ? "never" : `${(ms / 1_000).toFixed(0)} s`);
const times = (factor: number | null) => (factor === null ? "-" : `${factor.toFixed(1)} x`);
const lineOf = (row: Row) =>
  `| \`${row.stack}\` | ${row.seed} | ${percent(row.hitsBefore)} | ${times(row.herdFactor)} | ${times(row.moneyHerd)} | ${percent(row.refusedShare)} | ${seconds(row.goodputBackMs)} | ${seconds(row.recoveryMs)} | ${percent(row.dip)} | ${row.cost?.outage.bad ?? "-"} | ${row.cost?.recovery.bad.toFixed(0) ?? "-"} | ${row.verdict.replace("_", " ")} |`;

const rows: Row[] = [];
for (const stack of stacks) {
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const row = await play(stack, seed);
    rows.push(row);
    console.error(`${stack}, seed ${seed}: ${row.verdict}${problemOf(row) === null ? "" : `: ${problemOf(row)}`}`);
  }
}
const off = rows.filter((row) => problemOf(row) !== null);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
writeFileSync(
  values.out,
  `# A restart with an empty cache, at full load

${new Date().toISOString().slice(0, 10)}, at commit ${commit}: \`npm run cold-cache -- --seeds ${values.seeds}\`. Scenario \`${scenario}\` in
virtual time: every gateway dies for 15 s and comes back with an empty cache. *Hits* is the share of requests that
needed no provider before. *Herd* is the most requests at the provider in a second after the restart, by the mean of
before; *money herd* the same for what was billed in 10 s. *429* is the share of attempts that the provider refused
after the restart. *Goodput* is back at the end of the first 10 s in which good answers came at ${goodputShareMin} of the rate of
before. *Dip* is the worst window after the restart. The last two before the verdict count bad requests: of the outage,
and of the recovery.

Wanted of every stack: at least ${hitsMin * 100} % hits before. Of \`naive\`: a herd of more than ${herdMax} times the mean of before. Of
\`hardened\`: goodput within ${backMsMax / 1_000} s, at most ${refusedShareMax * 100} % refused, a recovery that costs less than the outage.

| stack | seed | hits | herd | money herd | 429 | goodput | recovery | dip | outage | recovery, bad | verdict |
|---|---|---|---|---|---|---|---|---|---|---|---|
${rows.map(lineOf).join("\n")}

${off.length === 0 ? `All ${rows.length} runs end as meant, with what is wanted.` : off.map((row) => `- \`${row.stack}\`, seed ${row.seed}: ${problemOf(row)}.`).join("\n")}
`,
);
console.log(path.relative(root, values.out));
if (off.length > 0) process.exitCode = 1;
