/**
 * `npm run failover:virtual`: the sixteen scenarios under load on the virtual clock, with twenty seeds; the tables go
 * to docs/results.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { quantile, wilson } from "../../kernel/stats.ts";
import type { Judgement } from "./judge.ts";
import { rescueShare, type FallbackKind } from "./rescue-share.ts";
import { failoverScenarios } from "./scenarios.ts";
import { playUnderLoad, type Load } from "./virtual.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run failover:virtual

The scenarios under load, with twenty seeds; the tables go to docs/results.
`;
scriptOptions(usage, {});

const root = path.resolve(import.meta.dirname, "../..");
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const requestsPerSecond = 50;

const modes: readonly { readonly name: string; readonly hits: Load["hits"] }[] = [
  { name: "the fault hits the scenario's requests", hits: "request" },
  { name: "the fault hits every request", hits: "provider" },
];

interface Cell {
  readonly id: string;
  readonly hits: Load["hits"];
  readonly judgements: readonly Judgement[];
}

async function playAll(): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  for (const { id, ...scenario } of failoverScenarios) {
    for (const { hits } of modes) {
      const judgements: Judgement[] = [];
      for (const seed of seeds) judgements.push(...(await playUnderLoad({ id, ...scenario }, { seed, requestsPerSecond, hits, continues: true })));
      cells.push({ id, hits, judgements });
      console.log(`${id} ${hits}: ${verdictsOf(judgements)}`);
    }
  }
  return cells;
}

function verdictsOf(judgements: readonly Judgement[]): string {
  const count = (verdict: string) => judgements.filter((judgement) => judgement.verdict === verdict).length;
  return `${count("pass")}/${count("partial")}/${count("safe")}/${count("fail")}`;
}

function shareOf(judgements: readonly Judgement[]): string {
  const passes = judgements.filter(({ verdict }) => verdict === "pass").length;
  return share(passes, judgements.length);
}

function share(successes: number, trials: number): string {
  const [low, high] = wilson(successes, trials).map((bound) => (100 * bound).toFixed(2)) as [string, string];
  return `${((100 * successes) / trials).toFixed(2)} % [${low}, ${high}]`;
}

async function rescues(): Promise<string> {
  const rows: string[] = [];
  for (const kind of ["continues", "replays the same", "replays another"] satisfies FallbackKind[]) {
    let [streams, rescued] = [0, 0];
    const ratios: number[] = [];
    for (const seed of seeds) {
      const part = await rescueShare(kind, 600, seed);
      streams += part.streams;
      rescued += part.rescued;
      ratios.push(...part.stallRatios);
    }
    const stall = ratios.length === 0 ? "-" : `${quantile(ratios, 0.5).toFixed(2)} / ${quantile(ratios, 0.95).toFixed(2)}`;
    rows.push(`| ${kind} | ${streams} | ${share(rescued, streams)} | ${stall} |`);
  }
  return rows.join("\n");
}

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const cells = await playAll();
const rows = failoverScenarios.map(({ id, title }) => {
  const parts = modes.map(({ hits }) => {
    const { judgements } = cells.find((cell) => cell.id === id && cell.hits === hits)!;
    const missed = [...new Set(judgements.flatMap((judgement) => judgement.missed))].join("; ");
    return `${verdictsOf(judgements)} | ${shareOf(judgements)} | ${missed === "" ? "-" : missed}`;
  });
  return `| ${id} | ${title} | ${parts.join(" | ")} |`;
});
const totals = modes.map(({ hits }) => {
  const judgements = cells.filter((cell) => cell.hits === hits).flatMap((cell) => cell.judgements);
  return `${verdictsOf(judgements)} | ${shareOf(judgements)} | `;
});
const date = new Date().toISOString().slice(0, 10);
const text = `# Failover scenarios S01-S16 under load, on the virtual clock

${date}, at commit ${commit}: \`npm run failover:virtual\`. Poisson load of ${requestsPerSecond} requests a second, a fifth of them streams, through one gateway with its default policy, ${seeds.length} seeds, each
scenario twice a run, five seconds apart; the fallback continues a prefix. Either the fault hits the scenario's own requests and the
load is healthy, or it hits all that the providers receive. Verdicts are pass/partial/safe/fail by the catalogue's rules, shares of passes
have their 95 % Wilson interval. Many of the rules are about one lone request: under a fault that hits everybody a breaker that spares the
primary misses "primary asked again", and that is what it is for.

| id | the primary | ${modes.map(({ name }) => `${name} | share of passes | missed`).join(" | ")} |
|---|---|${modes.map(() => "---|---|---").join("|")}|
${rows.join("\n")}
| | **all** | ${totals.join(" | ")} |

## Rescue of a stream that is cut once, at any of its sixty words

Cut by a reset, an early close or a clean end; the fallback's first-token time is log-normal around 300 ms. The stall is the time from the break
to the end of the rescuing attempt, which sends all it has at once, over the fallback's own first-token time. No breaker: every stream is cut.

| the fallback | streams | rescued | stall p50 / p95 |
|---|---|---|---|
${await rescues()}
`;
const file = path.join(root, "docs/results", `failover-virtual-${date}.md`);
writeFileSync(file, text);
console.log(path.relative(root, file));
if (cells.some(({ judgements }) => judgements.some(({ verdict }) => verdict === "fail"))) process.exitCode = 1;
