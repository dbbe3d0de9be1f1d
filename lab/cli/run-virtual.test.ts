import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { Verdict } from "../../kernel/verdict.ts";
import { expectCode } from "../../test/support/exit-code.ts";

const entry = fileURLToPath(new URL("./blastlab.mjs", import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), "blastlab-virtual-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const slow = { timeout: 240_000 };

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in a process of its own, in an empty directory; SIGINT goes to it once it has said `until`. */
function blastlab(args: readonly string[], until?: string): Promise<Ended> {
  const child = spawn(process.execPath, [entry, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => {
    const isNew = until !== undefined && !text.stderr.includes(until);
    text.stderr += String(chunk);
    if (isNew && text.stderr.includes(until)) child.kill("SIGINT");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, ...text })));
}

const json = (ended: Ended) => JSON.parse(ended.stdout) as { exitCode: number; directory: string; verdict: Verdict };
const filesOf = (directory: string) => readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => statSync(path.join(directory, file)).isFile()).sort();

test("run --virtual: keeps the run as a live one is kept, and the observer judges its files to the same verdict", slow, async () => {
  const ended = await blastlab(["run", "smoke", "--virtual", "--out", "one", "--json"]);
  const { exitCode, verdict } = json(ended);
  expect({ code: ended.code, exitCode, verdict: verdict.verdict }).toEqual({ code: 0, exitCode: 0, verdict: "held" });
  const taps = ["counted", "canary", "client", "faults", "wire-fallback", "wire-primary"].map((tap) => `taps/${tap}.ndjson`);
  const kept = ["arrivals.ndjson", "end.json", "inputs.json", "made.json", "plan.json", "report.html", "report.md", "scenario.yaml", "stack.yaml", ...taps, "verdict.json"];
  expect(filesOf(path.join(root, "one"))).toEqual([...kept, ...kept.map((file) => `control/${file}`)].sort());
  expect(verdict.measures!.control).toMatchObject({ kind: "paired" });
  const written = readFileSync(path.join(root, "one/verdict.json"), "utf8");
  expect(JSON.parse(written)).toEqual(verdict);
  const again = await blastlab(["verdict", "one", "--json"]);
  expect(json(again).verdict).toEqual(verdict);
  expect(readFileSync(path.join(root, "one/verdict.json"), "utf8")).toBe(written);
  const quiet = await blastlab(["run", "smoke", "--virtual", "--out", "quiet", "--quiet", "--json"]);
  expect({ before: ended.stderr.includes("virtual: smoke"), quiet: quiet.stderr, same: json(quiet).exitCode === exitCode }).toEqual({ before: true, quiet: "", same: true });
  const refused = await blastlab(["run", "smoke", "--virtual", "--out", "one"]);
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining("it is not empty")]);
});

test("run --virtual: a place where nothing can be written is refused before anything is played", async () => {
  writeFileSync(path.join(root, "a-file"), "");
  const refused = await blastlab(["run", "smoke", "--virtual", "--out", "a-file/run"]);
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringMatching(/^error: Cannot write a run into "a-file\/run": EEXIST.*\nhint: .*--out DIR\n$/)]);
});

test("run --virtual: a fault that is always in force is measured against the paired control, and the verdict on the files rests on it", slow, async () => {
  const always = 'faults=[{ kind: defect, defect: mix_up, share: 0.2, start: always }]';
  const ended = await blastlab(["run", "smoke", "--virtual", "--set", always, "--set", "measure.control=paired", "--out", "paired", "--json"]);
  expect(json(ended).verdict.measures!.control).toMatchObject({ kind: "paired", badShare: 0 });
  expect(json(ended).verdict.measures!.wrongAnswers).toBeGreaterThan(20);
  const written = readFileSync(path.join(root, "paired/verdict.json"), "utf8");
  expect(json(ended).verdict.inputs).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown, recomputed: true });
  expect(json(await blastlab(["verdict", "paired", "--json"])).verdict).toEqual(json(ended).verdict);
  expect(readFileSync(path.join(root, "paired/verdict.json"), "utf8")).toBe(written);
  expect(json(await blastlab(["verdict", "paired/control", "--json"])).verdict).toMatchObject({ verdict: "held", inputs: { recomputed: true } });
});

test("run --virtual --seeds: each seed has its verdict, and nothing is kept unless it is asked for", slow, async () => {
  const ended = await blastlab(["run", "smoke", "--virtual", "--seeds", "1..2"]);
  expectCode(ended, 0);
  expect(ended.stdout).toMatch(/^HELD 2 of 2 {2}smoke on one-process/);
  expect(existsSync(path.join(root, "runs"))).toBe(false);
  const kept = await blastlab(["run", "smoke", "--virtual", "--seeds", "2..2", "--out", "seeds", "--json"]);
  expect(JSON.parse(kept.stdout)).toMatchObject({ exitCode: 0, runs: [{ seed: 2, directory: "seeds/seed-2", verdict: { seed: 2, verdict: "held" } }] });
  expect(filesOf(path.join(root, "seeds/seed-2"))).toContain("verdict.json");
});

test("run --virtual: Ctrl-C ends it with 130, and nothing is written", slow, async () => {
  const ended = await blastlab(["run", "flagship", "--virtual", "--out", "stopped"], "seed 1");
  expect([ended.code, ended.stderr]).toEqual([130, expect.stringContaining("error: Interrupted")]);
  expect(readdirSync(root).filter((name) => name.startsWith("stopped"))).toEqual([]);
});

test.each([
  [["--set", 'faults=[{ kind: process, action: memory_limit, memoryMb: 64, target: { role: gateway }, lengthMs: 1000 }]'], "memory is not simulated"],
  [["--seeds", "5..1"], 'Cannot read --seeds "5..1"'],
  [["--seeds", "1..2", "--seed", "1"], "--seeds"],
  [["--load", "embedded"], "--load"],
  [["--control", "runs/x"], "--control"],
])("run --virtual: %j is refused with exit code 4", slow, async (args, message) => {
  const ended = await blastlab(["run", "smoke", "--virtual", "--out", "refused", ...args]);
  expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining(message)]);
  expect(existsSync(path.join(root, "refused"))).toBe(false);
});

test("run --seeds: is refused without --virtual", async () => {
  const ended = await blastlab(["run", "smoke", "--seeds", "1..2"]);
  expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining("Cannot run several seeds live")]);
});
