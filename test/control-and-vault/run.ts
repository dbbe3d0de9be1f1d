/**
 * `npm run control-and-vault`: what users notice of control planes and vaults that are dead or sealed while a gateway is started again. In virtual time the
 * faults last ten minutes, live one; `--virtual-only` leaves the live runs out. The table goes to docs/results. Exit code 1 when a row does not end as its scenario says.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Verdict } from "../../kernel/verdict.ts";
import { openScenario } from "../../lab/plan/library.ts";
import { resolveRun } from "../../lab/plan/resolve-run.ts";
import { parseScenario } from "../../scenarios/parse.ts";
import { playVirtually } from "../support/virtual.ts";

const root = path.resolve(import.meta.dirname, "../..");
const scenarios = ["control-plane-down", "vault-sealed", "control-and-vault-dead"];
/** One that holds, and two that show what it takes. */
const stacks = ["hardened", "hardened-without-leases", "naive"];
const liveTimeoutMs = 600_000;
const { values } = parseArgs({ options: { "virtual-only": { type: "boolean", default: false } } });

interface Row {
  readonly scenario: string;
  readonly stack: string;
  readonly harness: string;
  readonly verdict: Pick<Verdict, "verdict" | "cells">;
}

async function playLong(scenario: string, stack: string): Promise<Row> {
  const { verdict } = await playVirtually(resolveRun({ scenario, stack, speed: 1, sets: [] }));
  return { scenario, stack, harness: "virtual, 10 min", verdict };
}

function playLive(scenario: string, stack: string): Row {
  const out = mkdtempSync(path.join(tmpdir(), "blastlab-control-and-vault-"));
  try {
    const args = [path.join(root, "lab/cli/blastlab.mjs"), "run", scenario, "--stack", stack, "--json", "--out", path.join(out, "run")];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: root, timeout: liveTimeoutMs, maxBuffer: 1 << 28 });
    if (status === null || status > 2) throw new Error(`${scenario} live ended with ${status}: ${stderr.slice(-2_000)}`);
    return { scenario, stack, harness: "live, 60 s", verdict: (JSON.parse(stdout) as { verdict: Verdict }).verdict };
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
    rows.push(await playLong(scenario, stack));
    if (!values["virtual-only"]) rows.push(playLive(scenario, stack));
    console.error(rows.filter((row) => row.scenario === scenario && row.stack === stack).map(({ harness, verdict }) => `${scenario} on ${stack}, ${harness}: ${verdict.verdict}`).join("\n"));
  }
}
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const lines = rows.map(({ scenario, stack, harness, verdict }) => `| \`${scenario}\` | \`${stack}\` | ${harness} | ${sum(verdict, "requests")} | ${sum(verdict, "bad")} | \`${verdict.verdict}\` |`);
writeFileSync(
  path.join(root, "docs/results/control-and-vault.md"),
  `# Without control plane and vault

${new Date().toISOString().slice(0, 10)}, at commit ${commit}, ${cpus().length} cores, Node ${process.version}: \`npm run control-and-vault\`, seed 1. Every control plane, or every vault, or both are dead or sealed; a gateway is killed
meanwhile and started again from its disk. Answers are whole: a stream that has begun breaks with the gateway that is killed.

| scenario | stack | harness | requests | failed, late or wrong | verdict |
|---|---|---|---|---|---|
${lines.join("\n")}
`,
);
process.exitCode = rows.every(({ scenario, stack, verdict }) => verdict.verdict === endsAsOf(scenario)[stack]) ? 0 : 1;
