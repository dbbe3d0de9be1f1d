import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import type { Suite } from "../suite/suite.ts";
import { runCli } from "./program.ts";
import { expectCode } from "../../test/support/exit-code.ts";

const entry = fileURLToPath(new URL("./blastlab.mjs", import.meta.url));
const tiny = path.relative(process.cwd(), fileURLToPath(new URL("../suite/fixtures/tiny.yaml", import.meta.url)));
const root = mkdtempSync(path.join(tmpdir(), "blastlab-suite-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());
const slow = { timeout: 240_000 };
const at = (...names: readonly string[]) => path.join(root, ...names);
const read = (...names: readonly string[]) => readFileSync(at(...names), "utf8");

async function suite(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCli(["suite", ...args], { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

const chosen = [tiny, "--stack", "one-process", "naive", "--seeds", "2", "--set", "timeline.steadyMs=2000"];
const reportsIn = (folder: string) => ["--out", at(folder), "--json", at(folder, "suite.json"), "--junit", at(folder, "junit.xml"), "--markdown", at(folder, "page.md"), "--ctrf", at(folder, "ctrf.json")];

test("suite: two shards, merged, give the reports of the unsharded suite byte for byte, and its exit code", slow, async () => {
  const whole = await suite(...chosen, ...reportsIn("whole"));
  const first = await suite(...chosen, "--shard", "1/2", "--out", at("first"));
  const second = await suite(...chosen, "--shard", "2/2", "--out", at("second"));
  const merged = await suite("--merge", at("second"), at("first"), ...reportsIn("merged"));
  for (const file of ["results.json", "suite.json", "junit.xml", "page.md"]) expect(read("merged", file), file).toBe(read("whole", file));
  // Start and stop of the suite are times of day.
  const withoutTimes = (folder: string) => read(folder, "ctrf.json").replace(/"start":\d+,"stop":\d+/, "");
  expect(withoutTimes("merged")).toBe(withoutTimes("whole"));
  expect([whole.code, merged.code]).toEqual([1, 1]);
  expect(first.stdout).toContain("tested 2 of 2: ");
  expect(second.stdout).toContain("tested 2 of 2: ");
  expect(merged.stdout).toContain("tested 4 of 4: ");
  const partial = await suite("--merge", at("first"));
  expect([partial.code, partial.stdout]).toEqual([2, expect.stringContaining("2 not played")]);
  const halfAccepted = await suite("--merge", at("first"), "--baseline", at("half.json"), "--update");
  expect([halfAccepted.code, halfAccepted.stderr, existsSync(at("half.json"))]).toEqual([2, expect.stringContaining("is not updated: 2 of 4 cells were not played"), false]);
});

test.each([
  ["--junit", /^<\?xml .*<\/testsuites>\n$/s],
  ["--ctrf", /^\{.*"CTRF".*\}\n$/s],
  ["--json", /^\{\n.*"blastlab\.suite\/1".*\}\n$/s],
  ["--markdown", /^# Suite\n/],
  ["--html", /^<!doctype html>.*<\/html>\n$/s],
])("suite: %s - alone is on stdout, and the words go to stderr", slow, async (flag, form) => {
  const { stdout, stderr } = await suite("--merge", at("whole"), flag, "-");
  expect(stdout).toMatch(form);
  expect(stderr).toContain("tested 4 of 4: ");
  expect(existsSync("-")).toBe(false);
});

test("suite: what deviates is named with the line of its expectation, and annotated for GitHub, whose job summary has the page", slow, async () => {
  writeFileSync(at("summary.md"), "Before.\n");
  vi.stubEnv("GITHUB_STEP_SUMMARY", at("summary.md"));
  const ended = await suite(tiny, "--stack", "one-process", "--out", at("github"), "--github");
  const line = readFileSync(tiny, "utf8").split("\n").findIndex((text) => text.includes("measure: blastRadius")) + 1;
  expectCode(ended, 1);
  const { stdout, stderr } = ended;
  expect(stdout).toContain(`::error file=${tiny},line=${line},title=${tiny} on one-process%2C seed 1::deviated. blast radius at most 5 %25: deviated, `);
  expect(stdout).toContain("tested 1 of 1: 0 held, 1 deviated, 0 not recovered, 0 unknown, 0 not applicable, oldest 0 days\n");
  expect(stderr).toMatch(/^suite: 1 of 1, 0:00 left at this pace; .*: deviated\n$/);
  expect(read("summary.md")).toMatch(/^Before\.\n# Suite\n/);
});

test("suite: --update accepts what deviates, so that it passes, and 20 % more lost demand than that is a regression", slow, async () => {
  const seeds = [tiny, "--stack", "one-process", "--seeds", "5", "--out", at("baseline")];
  const updated = await suite(...seeds, "--baseline", at("baseline.json"), "--update");
  expectCode(updated, 0);
  const again = await suite("--merge", at("baseline"), "--baseline", at("baseline.json"));
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("Against the baseline: 0 worse and 0 better in 1 scenario on a stack")]);
  const live = await suite("smoke", "--live", "--baseline", at("baseline.json"));
  expect([live.code, live.stderr]).toEqual([4, expect.stringContaining("it is of virtual time, and the suite of live runs")]);
  const { results, ...rest } = JSON.parse(read("baseline", "results.json")) as Suite;
  const worse = results.map((result) => ({ ...result, measures: { ...result.measures!, lostDemand: { ...result.measures!.lostDemand!, value: result.measures!.lostDemand!.value * 1.2 } } }));
  writeFileSync(at("baseline", "results.json"), JSON.stringify({ ...rest, results: worse }));
  const regressed = await suite("--merge", at("baseline"), "--baseline", at("baseline.json"));
  expect([regressed.code, regressed.stdout]).toEqual([1, expect.stringMatching(/error: .*tiny.yaml on one-process: blast radius is worse: .* in the baseline, .* now \(.*over 5 paired seeds/)]);
});

test("suite: what cannot be is refused before anything is played", slow, async () => {
  mkdirSync(at("used"));
  for (const folder of ["a", "b"]) {
    mkdirSync(at(folder));
    copyFileSync(tiny, at(folder, "mine.yaml"));
  }
  writeFileSync(at("used", "f"), "");
  for (const [args, message] of [
    [["smoke", "--shard", "5/4"], "Cannot read --shard"],
    [["smoke", "--update"], "--update needs a file"],
    [["smoke", "--baseline", at("nowhere.json")], "Cannot read the baseline"],
    [["smokee"], 'There is no scenario "smokee"'],
    [["--merge", at("nowhere")], "Cannot read results.json of the suite"],
    [["--merge", at("nowhere"), "--seeds", "3"], "cannot be used with"],
    [["--merge", at("nowhere"), "--set", "a=b"], "cannot be used with"],
    [["smoke", "--baseline", at("new.json"), "--update", "--shard", "1/2"], "cannot be used with"],
    [["smoke", "--stack", ","], "--stack names no stack"],
    [["smoke", "--stack", "every,naive"], "so it stands alone"],
    [["smoke", "--allow-commands"], "--allow-commands is for runs with real processes"],
    [["smoke", "--stack", "every", "--set", "stack.nope=1"], 'Cannot set "stack.nope"'],
    [["smoke", "--set", "nope"], 'Cannot read --set "nope"'],
    [[at("a", "mine.yaml"), at("b", "mine.yaml"), "--keep"], "two files have the same name"],
    [[at("a", "mine.yaml"), "--tag", "nope"], 'No chosen scenario has the tag "nope"'],
    [["smoke", "--junit", root], "it is a directory"],
    [["smoke", "--baseline", path.join(root, "used", "f", "b.json"), "--update"], "Cannot write"],
    [["smoke", "--out", at("used")], "it is not empty"],
    [["smoke", "--live", "--virtual"], "cannot be used with"],
    [["smoke", "--ctrf", "-", "--junit", "-"], "Two reports cannot both go to standard output"],
    [["smoke", "--baseline", "-", "--update"], 'Cannot write "-"'],
  ] as const) {
    const { code, stderr } = await suite(...args);
    expect([code, stderr], message).toEqual([4, expect.stringContaining(message)]);
    expect(stderr).not.toContain("suite: 1 of");
  }
});

test("suite: Ctrl-C ends the children, keeps what was done and says how much that is", slow, async () => {
  const child = spawn(process.execPath, [entry, "suite", path.resolve(tiny), "--stack", "one-process", "--seeds", "500", "--out", at("interrupted")], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => {
    text.stderr += String(chunk);
    if (text.stderr.includes("suite: 2 of 500")) child.kill("SIGINT");
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  expectCode({ code, ...text }, 130);
  const { results, of } = JSON.parse(read("interrupted", "results.json")) as Suite;
  expect(results.length).toBeGreaterThan(1);
  expect(results.length).toBeLessThan(of);
  expect(text.stdout).toContain(`tested ${results.length} of 500: `);
  expect(text.stdout).toContain(`${500 - results.length} not played`);
});
