/**
 * `npm run evals:power`: how often the eval gate decides what, over 2,000 seeded corpora of each kind; writes
 * docs/results.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { wilson } from "../../kernel/stats.ts";
import { decisionsOf, gateCells } from "../support/eval-corpora.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run evals:power

How often the eval gate decides what; the table goes to docs/results.
`;
scriptOptions(usage, {});

const root = path.resolve(import.meta.dirname, "../..");
const corpora = 2_000;
const rows: string[] = [];
for (const cell of gateCells) {
  const counts = await decisionsOf(cell, corpora);
  const share = (name: keyof typeof counts) => `${((100 * counts[name]) / corpora).toFixed(1)} %`;
  const [low, high] = wilson(counts[cell.expected], corpora).map((bound) => (100 * bound).toFixed(1)) as [string, string];
  rows.push(`| ${cell.title} | ${share("pass")} | ${share("fail")} | ${share("undecided")} | ${share(cell.expected)} [${low}, ${high}] | ${100 * cell.atLeast} % |`);
}
const date = new Date().toISOString().slice(0, 10);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const file = path.join(root, "docs/results", "eval-gate.md");
writeFileSync(
  file,
  `# What the eval gate decides

${date}, at commit ${commit}: \`npm run evals:power\`, ${corpora} seeded corpora a row, with the default settings: a candidate passes where its drop is under 10 points at 95 %, fails where
McNemar's p is under 0.05, and is asked again four times where the versions disagree. The interval is Wilson's, at 95 %.

| corpora | pass | fail | undecided | what is expected | at least |
|---|---|---|---|---|---|
${rows.join("\n")}
`,
);
console.log(path.relative(root, file));
