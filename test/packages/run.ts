/**
 * `npm run packages`: every bad package through the control plane and applied at once; writes
 * docs/results/packages-DATE.md. Exit 1 where a limit is exceeded.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { applyAtOnce, type Applied } from "./naive.ts";
import { badPackages, type BadPackage } from "./packages.ts";
import { startProvider } from "./provider.ts";
import { jsonGate, reachedMax, startStaged, stoppedBy, type Push } from "./staged.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run packages

Every bad package through the control plane, and applied at once; the table goes to docs/results.
`;
scriptOptions(usage, {});

interface Row {
  readonly bad: BadPackage;
  readonly pushed: Push;
  /** Null: needs a version of the code, which a process started from a file does not know. */
  readonly applied: Applied | null;
}

const percent = (part: number, whole: number) => `${Number(((100 * part) / whole).toFixed(2))} %`;

function lineOf({ bad, pushed, applied }: Row): string {
  const { requests, reached } = pushed;
  const alone = applied === null ? "-" : `${percent(applied.reached, applied.requests)} | ${percent(applied.failed, applied.requests)} | ${percent(applied.silent, applied.requests)}`;
  return `| ${bad.name} | ${stoppedBy(pushed) ?? "nothing"} | ${reached} of ${requests} (${percent(reached, requests)}) | ${reachedMax(bad, pushed)} | ${(pushed.ms / 1_000).toFixed(1)} | ${alone === "-" ? "- | - | -" : alone} |`;
}

function page(rows: readonly Row[], date: string): string {
  return `# How far bad packages get

By \`npm run packages\` on ${date}: real processes. Left, a control plane with its default steps (1, 10, 100 %) and two gateways that follow it, under load from
1,000 clients until the push has ended. Right, a gateway whose file is replaced and whose process is started again.

| package | found by | reached, staged | allowed | s until it ended | reached, at once | failed | silently wrong |
|---|---|---|---|---|---|---|---|
${rows.map(lineOf).join("\n")}

*Reached* is what the package answered, by \`x-blastlab-package\`; applied at once, also what no gateway answered, because it did not start. *Allowed*: nothing where a
check can see it, else the first step's share of the requests and ten. *Silently wrong*: status 200 from the wrong provider.

## What each step reported

| package | result | reason |
|---|---|---|
${rows.map(({ bad, pushed }) => `| ${bad.name} | ${pushed.state.replace("_", " ")} | ${pushed.reason.replaceAll("|", "\\|")} |`).join("\n")}
`;
}

const folder = mkdtempSync(path.join(tmpdir(), "blastlab-packages-"));
try {
  using one = await startProvider("one");
  using two = await startProvider("two");
  await using staged = await startStaged(folder, [one, two], { evals: [jsonGate(folder)] });
  const rows: Row[] = [];
  for (const bad of badPackages) {
    const pushed = await staged.push(bad);
    const applied = bad.foundBy === "data plane" ? null : await applyAtOnce(folder, staged.base, bad);
    rows.push({ bad, pushed, applied });
    process.stdout.write(`${lineOf(rows.at(-1)!)}\n`);
    if (stoppedBy(pushed) !== bad.foundBy || pushed.reached > reachedMax(bad, pushed) || (applied !== null && applied.reached < applied.requests)) process.exitCode = 1;
  }
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(path.resolve(import.meta.dirname, `../../docs/results/packages-${date}.md`), page(rows, date));
} finally {
  rmSync(folder, { recursive: true });
}
