import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { Comparison } from "../compare/comparison.ts";
import { openScenario } from "../plan/library.ts";
import { runCli } from "./program.ts";
import { expectCode } from "../../test/support/exit-code.ts";

const entry = fileURLToPath(new URL("./blastlab.mjs", import.meta.url));

async function cli(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await runCli(args, streams as unknown as Parameters<typeof runCli>[1]);
  const textOf = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? "").toString();
  return { code, out: textOf(streams.stdout), error: textOf(streams.stderr) };
}

const small = ["--set", "workload.requestsPerSecond=3", "--set", "measure.requestsMin=4", "--set", "timeline.recoveryMs=12000"];

test("compare: stacks and a variant over two seeds, told apart where they differ, with the figures in files", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-compare-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [json, markdown] = [path.join(folder, "c.json"), path.join(folder, "c.md")];
  const variant = ["--set", "alone:gateway.policy.failover=false", "--set", "alone:gateway.policy.retry.attemptsMax=1"];
  const ended = await cli("compare", "smoke", "--stacks", "naive,alone=naive", ...small, ...variant, "--seeds", "2", "--json", json, "--markdown", markdown);
  expectCode(ended, 0);
  const { out } = ended;
  expect(out).toMatch(/^ {2}naive +held +0 %/m);
  const { scenarios, seeds } = JSON.parse(readFileSync(json, "utf8")) as Comparison;
  expect(seeds).toEqual([1, 2]);
  expect(scenarios[0]!.stacks.map(({ label }) => label)).toEqual(["naive", "alone"]);
  expect(scenarios[0]!.pairs[0]!.differences[0]).toMatchObject({ measure: "lostDemand", pairs: 2 });
  expect(scenarios[0]!.pairs[0]!.differences[0]!.difference).toBeGreaterThan(0.2);
  expect(readFileSync(markdown, "utf8")).toContain("--set alone:gateway.policy.failover=false");
});

test("compare: with --json - the JSON alone is on stdout, and the words go to stderr; the page has a command that a shell takes", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-compare-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const mine = path.join(folder, "it's mine.yaml");
  copyFileSync(openScenario("health-flap").path, mine);
  const markdown = path.join(folder, "c.md");
  const ended = await cli("compare", mine, "--stacks", "naive,one-process", "--seeds", "1", "--json", "-", "--markdown", markdown);
  expectCode(ended, 0);
  expect((JSON.parse(ended.out) as Comparison).scenarios[0]!.stacks[0]!.ends).toMatchObject([{ seed: 1, end: "not_applicable" }]);
  expect(ended.error).toContain("naive and one-process cannot be compared: naive ended not applicable with 1 of 1 seeds.");
  expect(readFileSync(markdown, "utf8")).toContain(`npx blastlab compare '${folder}/it'\\''s mine.yaml' --stacks naive,one-process --seeds 1`);
});

test("compare: Ctrl-C ends the children, and what was played by then is compared and said to be less", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-compare-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [json, markdown] = [path.join(folder, "c.json"), path.join(folder, "c.md")];
  const args = ["compare", "smoke", "--stacks", "naive,one-process", ...small, "--seeds", "500", "--json", json, "--markdown", markdown];
  const child = spawn(process.execPath, [entry, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", error: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.out += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => {
    text.error += String(chunk);
    if (text.error.includes("compare: 6 of 1000")) child.kill("SIGINT");
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  expectCode({ code, ...text }, 130);
  const { unplayed, scenarios } = JSON.parse(readFileSync(json, "utf8")) as Comparison;
  expect(unplayed).toBeGreaterThan(900);
  expect(scenarios[0]!.pairs[0]!.differences[0]!.pairs).toBeGreaterThan(1);
  expect(text.out).toContain(`Interrupted: ${unplayed} runs were not played`);
  expect(readFileSync(markdown, "utf8")).toContain(`**Interrupted: ${unplayed} runs were not played`);
});

test.each([
  ["two reports on one stream", ["smoke", "--stacks", "naive,hardened", "--markdown", "-", "--html", "-"], /Two reports cannot both go to standard output/],
  ["what only live runs do", ["smoke", "--stacks", "naive,hardened", "--out", "x"], /--out is for runs with real processes/],
  ["a setting that there is not", ["smoke", "--stacks", "naive,hardened", "--set", "naive:gateway.polcy=1"], /gateway/],
  ["a scenario that there is not", ["smokee", "--stacks", "naive,hardened"], /There is no scenario "smokee"/],
  ["one stack", ["smoke", "--stacks", "naive"], /needs two stacks/],
])("compare: %s is refused before anything is played", async (_, args, message) => {
  const ended = await cli("compare", ...args);
  expectCode(ended, 4);
  const { error } = ended;
  expect(error).toMatch(message);
});
