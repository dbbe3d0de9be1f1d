/**
 * `npm run failover`: the sixteen scenarios at their own timings over real sockets; the table goes to docs/results.
 * `-- --rounds 5`: that often against one process, one round after the other.
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { playLive, type Played, type Variant } from "./live.ts";
import { failoverScenarios } from "./scenarios.ts";
import { scriptOptions } from "../support/script-options.ts";

const root = path.resolve(import.meta.dirname, "../..");
const usage = `Usage: npm run failover -- [options]

  --rounds N   each scenario so often against one process (1)

The table goes to docs/results.
`;

const { values } = scriptOptions(usage, { rounds: { type: "string", default: "1" } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`Cannot play ${values.rounds} rounds: expected a whole number from 1`);

const variants: readonly (Variant & { readonly name: string })[] = [
  { name: "stream, fallback continues", stream: true, continues: true, scale: 1 },
  { name: "stream, fallback replays", stream: true, continues: false, scale: 1 },
  { name: "whole", stream: false, continues: true, scale: 1 },
];

interface Result extends Played {
  readonly variant: string;
}

async function playAll(): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const variant of variants) {
    for (const played of await playLive(failoverScenarios, variant, rounds)) {
      console.log(`${rounds === 1 ? "" : `round ${played.round}: `}${played.scenario.id} ${variant.name}: ${textOf(played)}`);
      results.push({ ...played, variant: variant.name });
    }
  }
  return results;
}

function textOf({ verdict, missed, evidence }: Played): string {
  return `${[verdict, ...missed].join("; ")} (${secondsOf(evidence)})`;
}

/** A verdict, the rounds that ended so where there are several, and their longest call. */
function cellText(verdict: string, played: readonly Played[]): string {
  const which = rounds === 1 ? "" : ` ${played.length} of ${rounds}`;
  const calls = played.flatMap(({ evidence }) => evidence.calls);
  return `${verdict}${which} (${secondsOf({ calls })})`;
}

function secondsOf({ calls }: Pick<Played["evidence"], "calls">): string {
  return `${(Math.max(...calls.map(({ caller }) => caller.tookMs)) / 1000).toFixed(1)} s`;
}

function report(results: readonly Result[], date: string): string {
  const cell = (id: string, variant: string) => {
    const found = results.filter((result) => result.scenario.id === id && result.variant === variant);
    return found.length === 0 ? "-" : [...Map.groupBy(found, ({ verdict, missed }) => [verdict, ...missed].join("; "))].map(([text, played]) => cellText(text, played)).join("<br>");
  };
  const rows = failoverScenarios.map(({ id, title }) => `| ${id} | ${title} | ${variants.map(({ name }) => cell(id, name)).join(" | ")} |`);
  const totals = variants.map(({ name }) => {
    const own = results.filter(({ variant }) => variant === name);
    return `${own.filter(({ verdict }) => verdict === "pass").length} of ${own.length}`;
  });
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  return `# Failover scenarios S01-S16, over real sockets at full timings

${date}, at commit ${commit}, ${cpus().length} cores, Node ${process.version}: \`npm run failover${rounds === 1 ? "" : ` -- --rounds ${rounds}`}\`. The gateway is a process of its own with its default policy, one
a column, all scenarios at once${rounds === 1 ? "" : `, in ${rounds} rounds one after the other`}; the primary speaks OpenAI's dialect, the fallback Anthropic's. A cell holds the verdict by the rules of Failover Bench's catalogue v0.1, and how long the
longest call took. Scenarios that are about a stream alone have no column for whole answers.

| id | the primary | ${variants.map(({ name }) => name).join(" | ")} |
|---|---|${variants.map(() => "---").join("|")}|
${rows.join("\n")}
| | **passed** | ${totals.join(" | ")} |
`;
}

const results = await playAll();
const date = new Date().toISOString().slice(0, 10);
const file = path.join(root, "docs/results", `failover-${date}.md`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, report(results, date));
const passed = results.filter(({ verdict }) => verdict === "pass").length;
console.log(`${passed} of ${results.length} passed; ${path.relative(root, file)}`);
if (passed !== results.length) process.exitCode = 1;
