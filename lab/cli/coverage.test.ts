import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { madePlayed } from "../suite/results.fixture.ts";
import { suiteOf } from "../suite/suite.ts";
import { writeSuite } from "../suite/suite-files.ts";
import { runCli } from "./program.ts";

const root = mkdtempSync(path.join(tmpdir(), "blastlab-coverage-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...names: readonly string[]) => path.join(root, ...names);

async function blastlab(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCli(args, { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

test("coverage: reads run directories and suites, and names what it cannot read", async () => {
  const run = await blastlab("run", "smoke", "--virtual", "--out", at("a-run"));
  const today = madePlayed({ scenario: "healthy", stack: "one-process" }, new Date().toISOString());
  const earlier = madePlayed({ scenario: "healthy", stack: "naive", end: "deviated" }, new Date(Date.now() - 3 * 86_400_000).toISOString());
  writeSuite(at("a-suite"), suiteOf([today.result.cell, earlier.result.cell], [today, earlier], { harness: "virtual" }));
  mkdirSync(at("broken"));
  writeFileSync(at("broken", "verdict.json"), "{}");
  mkdirSync(at("odd"));
  writeFileSync(at("odd", "plan.json"), JSON.stringify({ schema: "blastlab.plan/2", run: "20261129-131502-smoke-1", scenario: "smoke", stack: "naive" }));
  writeFileSync(at("odd", "verdict.json"), JSON.stringify({ schema: "blastlab.verdict/3", verdict: "won" }));
  mkdirSync(at("nameless"));
  writeFileSync(at("nameless", "plan.json"), JSON.stringify({ schema: "blastlab.plan/2" }));
  writeFileSync(at("nameless", "verdict.json"), JSON.stringify({ schema: "blastlab.verdict/3", verdict: "held" }));
  const { code, stdout, stderr } = await blastlab("coverage", root);
  expect([run.code, code]).toEqual([0, 0]);
  expect(stdout).toMatch(/^failure mode +family +naive +one-process$/m);
  expect(stdout).toMatch(/^healthy +lab +deviated 3 days ago, never held +held today$/m);
  expect(stdout).toMatch(/^smoke +lab +not tested +held today$/m);
  expect(stdout).toMatch(/^one-process: tested 2 of \d+: 2 held, .*, oldest 0 days$/m);
  expect(stderr).toContain("left out: Cannot read plan.json");
  expect(stderr).toContain(`left out: Cannot read "${at("odd")}": its verdict is "won"`);
  expect(stderr).toContain(`left out: Cannot read "${at("nameless")}": plan.json: run: `);
  const { stdout: json } = await blastlab("coverage", root, "--stack", "naive", "--json");
  expect((JSON.parse(json) as { summaries: object }).summaries).toMatchObject({ naive: { tested: 1, oldestDays: 3 } });
  const chosen = await blastlab("coverage", root, "--stack", "naive,one-process", "hardened");
  expect(chosen.stdout).toMatch(/^failure mode +family +naive +one-process +hardened$/m);
  expect(await blastlab("coverage", root, "--stack", "niave")).toMatchObject({ code: 4, stderr: expect.stringContaining("Did you mean naive?") as string });
  expect(await blastlab("coverage", at("nowhere"))).toMatchObject({ code: 4, stderr: expect.stringContaining("Cannot read the folder") as string });
});
