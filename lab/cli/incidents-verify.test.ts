import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { findIncident } from "../../scenarios/faults/incident.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { runCli } from "./program.ts";
import { expectCode } from "../../test/support/exit-code.ts";

const folder = mkdtempSync(path.join(tmpdir(), "blastlab-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: unknown): string {
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

async function blastlab(...args: readonly string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

/** Never seen before, with a selector in prose and an unknown provider. */
function stranger() {
  const { target: _, ...incident } = structuredClone(findIncident("openai-2025-06-10-gpu-network", loadIncidents()));
  const [phase] = incident.phases;
  const phases = [
    { ...phase!, lengthMin: 5, errorRate: 0.5, statusMix: { "529": 0.7, reset: 0.2, timeout: 0.1 }, streamTruncationRate: 0.2, wrongOutputRate: 0.3, latencyFactor: 2 },
    { ...phase!, offsetMin: 7, lengthMin: 3, errorRate: 0, statusMix: {} },
  ];
  return { ...incident, id: "stranger-2027-01-01", provider: "some-new-lab", selectivity: "left-handed users", phases };
}

test("incidents verify: a file never seen before, with what had to be assumed, ends with 0", async () => {
  const { code, stdout, stderr } = await blastlab("incidents", "verify", fileOf("stranger.json", [stranger()]));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("stranger-2027-01-01  on some-new-lab (openai_compatible format), hitting all requests  agrees");
  expect(stdout).toContain('note: selector "left-handed users" is prose: applied to all requests of some-new-lab');
  expect(stdout).toMatch(/^ {2}1\. +50 % /m);
  expect(stdout).toMatch(/1 incidents, 2 phases, \d+ requests, seed 1, level 1, virtual, [\d.]+ s: all agree/);
});

test("incidents verify: --json has every check, and --level scales what is expected", async () => {
  const ended = await blastlab("incidents", "verify", fileOf("one.json", findIncident("openai-2024-01-30-routing-release", loadIncidents())), "--level", "0.5", "--json");
  expectCode(ended, 0);
  const { stdout } = ended;
  const { agrees, sights } = JSON.parse(stdout) as { agrees: boolean; sights: { phases: { checks: { what: string; tap: string; expected: number; agrees: boolean }[] }[] }[] };
  expect(agrees).toBe(true);
  const checks = sights[0]!.phases.map((phase) => phase.checks.find(({ what, tap }) => what === "errors" && tap === "client")!);
  expect(checks.map(({ expected }) => expected)).toEqual([0.3, 0.15]);
});

test("incidents verify: rows of one physics are played once, a sample reports its share, and both are in the last line and in --json", async () => {
  const one = stranger();
  const rows = [one, { ...one, id: "twin-2027-02-01" }, { ...one, id: "longer-2027-03-01", phases: one.phases.map((phase) => ({ ...phase, offsetMin: phase.offsetMin * 9, lengthMin: phase.lengthMin * 9 })) }];
  const all = await blastlab("incidents", "verify", fileOf("rows.json", rows));
  expect(all.stdout).toContain("  stands for 2 rows that differ in name and dates alone");
  expect(all.stdout).not.toContain("twin-2027-02-01");
  expect(all.stdout).toContain("3 incidents, 2 of them distinct, 4 phases");
  const ended = await blastlab("incidents", "verify", fileOf("rows.json", rows), "--sample", "1", "--seed", "3");
  expectCode(ended, 0);
  const { stdout } = ended;
  expect(stdout).toMatch(/3 incidents, 2 of them distinct, a sample of 1 verified, which stand for (33\.3|66\.7) % of the rows, 2 phases/);
  const { sights, ...totals } = JSON.parse((await blastlab("incidents", "verify", fileOf("rows.json", rows), "--json")).stdout) as { sights: { rows: number }[] };
  expect(sights.map((sight) => sight.rows)).toEqual([2, 1]);
  expect(totals).toMatchObject({ agrees: true, incidents: 3, subjects: 3, distinct: 2, verified: 2, verifiedShare: 1 });
});

test("incidents verify: a broken file names incident, phase and field, and ends with 4", async () => {
  const broken = stranger();
  broken.phases[1]!.errorRate = 7;
  const { code, stdout, stderr } = await blastlab("incidents", "verify", fileOf("broken.json", [broken]));
  expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
  expect(stderr).toContain('incident "stranger-2027-01-01", phase 2, errorRate: ');
  expect(stderr).toMatch(/\nhint: .+\n$/);
});

test("incidents sample: what is drawn can be verified as it is, and the same seed draws the same", async () => {
  const sample = () => blastlab("incidents", "sample", "--provider", "anthropic", "--days", "4", "--seed", "5");
  const { code, stdout, stderr } = await sample();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect((await sample()).stdout).toBe(stdout);
  const drawn = JSON.parse(stdout) as { provider: string }[];
  expect(drawn.length).toBeGreaterThan(0);
  expect(drawn.every(({ provider }) => provider === "anthropic")).toBe(true);
  expectCode(await blastlab("incidents", "verify", fileOf("drawn.json", drawn)), 0);
});

test.each([
  [["incidents", "sample"], "--provider"],
  [["incidents", "sample", "--provider", "nobody"], "openai, anthropic"],
  [["incidents", "sample", "--provider", "openai", "--from", "tomorrow"], "It must be a date"],
  [["incidents", "verify", "--level", "0"], "above 0"],
  [["incidents", "verify", "--sample", "0"], "1 or more"],
])("incidents: %j is refused", async (args, message) => {
  const ended = await blastlab(...args);
  expectCode(ended, 4);
  const { stderr } = ended;
  expect(stderr).toContain(message);
});
