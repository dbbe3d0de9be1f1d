/**
 * `npm run control-and-vault`: what users notice of control planes and vaults that are dead or sealed while a gateway
 * is started again. In virtual time the faults last ten minutes, live one; `--virtual` and `--live` make the rows of
 * one harness alone, one after another, and keep the others on the page. A live run is ended after 5 minutes. Exit code
 * 1 when a row does not end as its scenario says.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import type { Verdict } from "../../kernel/verdict.ts";
import { openScenario } from "../../lab/plan/library.ts";
import { resolveRun } from "../../lab/plan/resolve-run.ts";
import { parseScenario } from "../../scenarios/parse.ts";
import { block, keptBlock } from "../support/page-blocks.ts";
import { playVirtually } from "../support/virtual.ts";
import { scriptOptions } from "../support/script-options.ts";

const root = path.resolve(import.meta.dirname, "../..");
const scenarios = ["control-plane-down", "vault-sealed", "control-and-vault-dead"];
/** One that holds, and two that show what it takes. */
const stacks = ["hardened", "hardened-without-leases", "naive"];
const liveTimeoutMs = 300_000;
const page = path.join(root, "docs/results/control-and-vault.md");
const usage = `Usage: npm run control-and-vault -- [options]

  --virtual   the virtual runs alone
  --live      the live runs alone

The rows of the harness that is not run stay in docs/results/control-and-vault.md.
`;

const { values } = scriptOptions(usage, { virtual: { type: "boolean", default: false }, live: { type: "boolean", default: false } });
const both = values.virtual === values.live;

interface Row {
  readonly scenario: string;
  readonly stack: string;
  readonly harness: "virtual" | "live";
  readonly verdict: Pick<Verdict, "verdict" | "cells">;
}

async function playLong(scenario: string, stack: string): Promise<Row> {
  const { verdict } = await playVirtually(resolveRun({ scenario, stack, speed: 1, sets: [] }));
  return { scenario, stack, harness: "virtual", verdict };
}

function playLive(scenario: string, stack: string): Row {
  const out = mkdtempSync(path.join(tmpdir(), "blastlab-control-and-vault-"));
  try {
    const args = [path.join(root, "lab/cli/blastlab.mjs"), "run", scenario, "--stack", stack, "--json", "--out", path.join(out, "run")];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: root, timeout: liveTimeoutMs, maxBuffer: 1 << 28 });
    if (status === null || status > 2) {
      console.error(`${scenario} on ${stack}, live, ended with ${status ?? "its time limit"}: ${stderr.slice(-2_000)}`);
      return { scenario, stack, harness: "live", verdict: { verdict: "unknown", cells: [] } };
    }
    return { scenario, stack, harness: "live", verdict: (JSON.parse(stdout) as { verdict: Verdict }).verdict };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function endsAsOf(scenario: string): Readonly<Record<string, string>> {
  const { text, shown } = openScenario(scenario);
  return parseScenario(text, shown).endsAs;
}

const sum = ({ cells }: Row["verdict"], field: "requests" | "bad") => cells.reduce((total, cell) => total + cell[field], 0);

const rows: Row[] = [];
for (const scenario of scenarios) {
  const meant = endsAsOf(scenario);
  for (const stack of stacks.filter((name) => Object.hasOwn(meant, name) && meant[name] !== "not_applicable")) {
    if (both || values.virtual) rows.push(await playLong(scenario, stack));
    if (both || values.live) rows.push(playLive(scenario, stack));
    console.error(rows.filter((row) => row.scenario === scenario && row.stack === stack).map(({ harness, verdict }) => `${scenario} on ${stack}, ${harness}: ${verdict.verdict}`).join("\n"));
  }
}
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const lineOf = ({ scenario, stack, verdict }: Row) => `| \`${scenario}\` | \`${stack}\` | ${sum(verdict, "requests")} | ${sum(verdict, "bad")} | \`${verdict.verdict}\` |`;

/** The rows of one harness: made now, or those of before. */
function blockOf(harness: Row["harness"]): string {
  const own = rows.filter((row) => row.harness === harness);
  const made = `${new Date().toISOString().slice(0, 10)}, at commit ${commit}, ${cpus().length} cores, Node ${process.version}: \`npm run control-and-vault -- --${harness}\`.`;
  const table = `${made}\n\n| scenario | stack | requests | failed, late or wrong | verdict |\n|---|---|---|---|---|\n${own.map(lineOf).join("\n")}`;
  return block(harness, own.length > 0 ? table : keptBlock(page, harness));
}

writeFileSync(
  page,
  `# Without control plane and vault

Seed 1. Every control plane, or every vault, or both are dead or sealed; a gateway is killed meanwhile and started
again from its disk. Answers are whole: a stream that has begun breaks with the gateway that is killed.

## In virtual time, for 10 minutes

${blockOf("virtual")}

## Live, for 60 s

${blockOf("live")}
`,
);
process.exitCode = rows.every(({ scenario, stack, verdict }) => verdict.verdict === endsAsOf(scenario)[stack]) ? 0 : 1;
