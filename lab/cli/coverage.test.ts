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
  writeSuite(at("a-suite"), suiteOf([today.result.cell, earlier.result.cell], [today, earlier], "virtual"));
  mkdirSync(at("broken"));
  writeFileSync(at("broken", "verdict.json"), "{}");
  const { code, stdout, stderr } = await blastlab("coverage", root);
  expect([run.code, code]).toEqual([0, 0]);
  expect(stdout).toMatch(/^failure mode +family +naive +one-process$/m);
  expect(stdout).toMatch(/^healthy +lab +deviated 3 days ago, never held +held today$/m);
  expect(stdout).toMatch(/^smoke +lab +not tested +held today$/m);
  expect(stdout).toMatch(/^one-process: tested 2 of \d+: 2 held, .*, oldest 0 days$/m);
  expect(stderr).toContain("left out: Cannot read plan.json");
  const { stdout: json } = await blastlab("coverage", root, "--stack", "naive", "--json");
  expect((JSON.parse(json) as { summaries: object }).summaries).toMatchObject({ naive: { tested: 1, oldestDays: 3 } });
  expect(await blastlab("coverage", at("nowhere"))).toMatchObject({ code: 4, stderr: expect.stringContaining("Cannot read the folder") as string });
});
