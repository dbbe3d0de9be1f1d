/**
 * `npm run regions`: what is lost when a region or an edge is, in both harnesses and with both edge engines; the table
 * goes to docs/results/regions.md.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { findHaproxy } from "../../gateway/edge/haproxy/find.ts";
import { messageOf } from "../../kernel/errors.ts";
import { block, keptBlock } from "../support/page-blocks.ts";
import { moveMsMax, regionCases, removedMax } from "./cases.ts";
import { playRegionCase, runMsMax, type Part, type Row } from "./play.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run regions -- [options]

  --virtual        the virtual runs alone: each case with each seed, embedded edge
  --live           the live runs alone, one after another: each case once, seed 1, with each engine of the edge
  --engine NAME    of the live runs: embedded or haproxy alone
  --seeds N        seeds of the virtual runs, 1 to N (5)
  --case TEXT      the cases whose name has it
  --out FILE       where the page goes (docs/results/regions.md)
  --help           display help

The rows of the harness that is not run stay on the page. A live run is ended after ${runMsMax / 60_000} minutes.
Exit 1 where a case does not hold. A live run on a busy machine is void, and says so; run it again on a quiet one.
`;

const root = path.resolve(import.meta.dirname, "../..");
const { values } = scriptOptions(usage, { virtual: { type: "boolean", default: false }, live: { type: "boolean", default: false }, seeds: { type: "string", default: "5" }, engine: { type: "string", default: "" }, case: { type: "string", default: "" }, out: { type: "string", default: path.join(root, "docs/results/regions.md") } });

const both = values.virtual === values.live;

function haproxyProblem(): string | null {
  try {
    findHaproxy(process.env);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function parts(): readonly Part[] {
  const count = Number(values.seeds);
  if (!Number.isInteger(count) || count < 1) throw new Error("Give --seeds a whole number above 0");
  const virtual = Array.from({ length: count }, (_, index): Part => ({ harness: "virtual", engine: "embedded", seed: index + 1 }));
  const problem = haproxyProblem();
  if (problem !== null && (both || values.live)) console.log(`skipped: every live run with HAProxy. ${problem}`);
  const engines = problem === null ? (["embedded", "haproxy"] as const) : (["embedded"] as const);
  const live = engines.filter((engine) => engine.includes(values.engine)).map((engine): Part => ({ harness: "live", engine, seed: 1 }));
  return [...(both || values.virtual ? virtual : []), ...(both || values.live ? live : [])];
}

const percent = (share: number | null) => (share === null ? "-" : `${Number((100 * share).toFixed(2))} %`);
const seconds = (ms: number | null) => (ms === null ? "-" : `${(ms / 1_000).toFixed(1)} s`);

const lineOf = (row: Row) =>
  `| ${row.name} | ${row.harness} | ${row.engine} | ${row.seed} | ${row.requests ?? "-"} | ${percent(row.lostShare)} | ${seconds(row.movedAfterMs)} | ${percent(row.dip)} | ${percent(row.idleReplicas)} | ${percent(row.removedPerMinute)} | ${row.verdict.replace("_", " ")} |`;

/** The rows of one harness, with where they are from. */
function tableOf(rows: readonly Row[]): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const off = rows.filter(({ holds }) => !holds);
  const command = ["npm run regions", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ");
  return `${new Date().toISOString().slice(0, 10)}, at commit ${commit}: \`${command}\`.

| case | harness | engine | seed | requests | lost | moved | dip | idle | removed | verdict |
|---|---|---|---|---|---|---|---|---|---|---|
${rows.map(lineOf).join("\n")}

${rows.length} runs. ${off.length === 0 ? "All hold." : `Not held:\n\n${off.map((row) => `- ${row.name}, ${row.harness}, ${row.engine}, seed ${row.seed}: ${row.verdict}: ${row.reason}`).join("\n")}`}`;
}

function pageOf(rows: readonly Row[]): string {
  const blockOf = (harness: Part["harness"]) => {
    const own = rows.filter((row) => row.harness === harness);
    return block(harness, own.length > 0 ? tableOf(own) : keptBlock(values.out, harness));
  };
  return `# Losing a region, losing an edge

The stack \`hardened\`: two regions of two gateways, two edges. The virtual edge is the embedded one.

- *Lost*: the blast radius, the share of the demand during the fault that was lost ([metrics.md](../metrics.md)).
  Streams that had content out when their gateway died are in it.
- *Moved*: when the last request was sent that what was lost still answered, after the fault began. That no request
  reaches a lost region later is a test of the core. At most ${moveMsMax / 1_000} s is demanded.
- *Dip*: the largest bad share of 10 s after the fault was lifted.
- *Idle*: the largest share of the gateways that gave none of 20 answers in a row of one edge.
- *Removed*: the most capacity that an edge removed within a minute, by its own log; at most ${percent(removedMax)} is demanded.
  Virtual edges keep no log; a property test of the core holds them to it.

## In virtual time

${blockOf("virtual")}

## Live

${blockOf("live")}

## Without the protection

On \`hardened-without-ramp\` the scenario \`region-return\` holds at several times the loss ([worth.md](worth.md)). \`health-flap\` deviates with
\`--set stack.edge.settings.ejection.capacityPerMinuteMax=1\`.
`;
}

async function main(): Promise<void> {
  const cases = regionCases.filter(({ name, scenario }) => name.includes(values.case) || scenario.includes(values.case));
  const todo = parts().flatMap((part) => cases.map((one) => ({ one, part })));
  const rows: Row[] = [];
  for (const [at, { one, part }] of todo.entries()) {
    const row = await playRegionCase(one, part);
    rows.push(row);
    writeFileSync(values.out, pageOf(rows));
    console.log(`${at + 1} of ${todo.length} ${row.holds ? "holds" : "DOES NOT HOLD"} ${lineOf(row)}`);
  }
  console.log(path.relative(root, values.out));
  if (rows.some(({ holds }) => !holds)) process.exitCode = 1;
}

await main();
