/**
 * `npm run differential`: holds the two harnesses together. Each scenario runs live once and on the virtual clock with
 * five seeds; the verdicts must be the same, and the live blast radius within five points of the virtual median. The
 * table goes to docs/results. Exit code 1 when a row does not agree.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { quantile } from "../../kernel/stats.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { planOf, playVirtually } from "../support/virtual.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run differential

Each scenario live once and with five seeds in virtual time; the table goes to docs/results.
`;
scriptOptions(usage, {});

const root = path.resolve(import.meta.dirname, "../..");
const scenarios = ["flagship", "one-cell", "saturation", "provider-down", "gateway-dead"];
const seeds = [1, 2, 3, 4, 5];
const tolerance = 0.05;
/** A live run of the longest scenario, three times over. */
const liveTimeoutMs = 600_000;

interface Row {
  readonly scenario: string;
  readonly live: Pick<Verdict, "verdict" | "measures" | "reasons">;
  readonly virtual: readonly Pick<Verdict, "verdict" | "measures">[];
}

function playLive(scenario: string): Row["live"] {
  const out = mkdtempSync(path.join(tmpdir(), "blastlab-differential-"));
  try {
    const args = [path.join(root, "lab/cli/blastlab.mjs"), "run", scenario, "--json", "--out", path.join(out, "run")];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: root, timeout: liveTimeoutMs, maxBuffer: 1 << 28 });
    if (status === null || status > 2) throw new Error(`${scenario} live ended with ${status}: ${stderr.slice(-2_000)}`);
    return (JSON.parse(stdout) as { verdict: Verdict }).verdict;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function playAll(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    console.error(`${scenario}: live, in real time`);
    const live = playLive(scenario);
    const virtual: Verdict[] = [];
    for (const seed of seeds) virtual.push((await playVirtually(planOf(scenario, {}, seed))).verdict);
    const row = { scenario, live, virtual };
    rows.push(row);
    console.error(`${scenario}: ${agrees(row) ? "agrees" : `does not agree: ${live.reasons.join(" ")}`}`);
  }
  return rows;
}

const radius = ({ measures }: Pick<Verdict, "measures">) => measures?.blastRadius?.share ?? Number.NaN;
const medianOf = ({ virtual }: Row) => quantile(virtual.map(radius), 0.5);
const agrees = (row: Row) => row.virtual.every(({ verdict }) => verdict === row.live.verdict) && Math.abs(radius(row.live) - medianOf(row)) <= tolerance;

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function report(rows: readonly Row[], date: string): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const lines = rows.map((row) => {
    const verdicts = [...new Set(row.virtual.map(({ verdict }) => verdict))].join(", ");
    const range = `${percent(Math.min(...row.virtual.map(radius)))} to ${percent(Math.max(...row.virtual.map(radius)))}`;
    return `| \`${row.scenario}\` | ${row.live.verdict} | ${verdicts} | ${percent(radius(row.live))} | ${percent(medianOf(row))} | ${range} | ${agrees(row) ? "yes" : "**no**"} |`;
  });
  return `# Live against virtual

${date}, at commit ${commit}, ${cpus().length} cores, Node ${process.version}: \`npm run differential\`. Each scenario on the stack \`one-process\`, live once (seed 1) and on the
virtual clock with seeds ${seeds[0]} to ${seeds.at(-1)}. They agree when all verdicts are the same and the live blast radius is within ${tolerance * 100} points of the virtual median.

| scenario | live | virtual | blast radius live | virtual, median | virtual, range | agree |
|---|---|---|---|---|---|---|
${lines.join("\n")}
`;
}

const rows = await playAll();
const date = new Date().toISOString().slice(0, 10);
const folder = path.join(root, "docs/results");
mkdirSync(folder, { recursive: true });
const text = report(rows, date);
writeFileSync(path.join(folder, `differential-${date}.md`), text);
console.log(text);
process.exitCode = rows.every(agrees) ? 0 : 1;
