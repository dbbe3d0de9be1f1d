import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { messageDigest } from "../kernel/mark.ts";
import type { Plan } from "../kernel/plan.ts";
import { controlPart, digestOf, plannedPart } from "../kernel/plan-digest.ts";
import type { Recomputation } from "../kernel/recomputation.ts";
import type { Verdict } from "../kernel/verdict.ts";
import { HandMadeRun, legOf, markOf } from "./measure/testing.ts";
import { tapPath, writeRun } from "./run-directory.fixture.ts";
import { readArrivals, readPlan } from "./run-files.ts";
import { countedSchema, canarySchema } from "./record-schemas.ts";
import { readTap } from "./tap-reader.ts";
import { expectCode } from "../test/support/exit-code.ts";

const mainFile = fileURLToPath(new URL("./main.ts", import.meta.url));
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

type Observer = ChildProcessByStdio<Writable, Readable, Readable>;

function start(...args: string[]): { child: Observer; ended: Promise<{ code: number | null; errors: string }> } {
  const child = spawn(process.execPath, [mainFile, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  cleanups.push(() => child.kill("SIGKILL"));
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, errors }))) };
}

async function observe(...args: string[]) {
  const { child, ended } = start(...args);
  child.stdout.resume();
  return ended;
}

/** What the lab would have computed again for a plan that nobody has edited. */
function recomputed(directory: string, control?: string): string {
  const of = (run: string, part: (plan: Plan) => object) => ({
    plan: { digest: digestOf([part(readPlan(run))], createHash), difference: null },
    arrivals: { digest: digestOf(readArrivals(run, Infinity).arrivals, createHash), difference: null },
  });
  const result: Recomputation = { inputs: "ab", planned: of(directory, plannedPart), control: control === undefined ? null : of(control, controlPart), problems: [], notes: [] };
  return JSON.stringify(result);
}

/** As the lab asks for a verdict. A control is first put where a run keeps it. */
function verdictOn(directory: string, control?: string): ReturnType<typeof observe> {
  const kept = path.join(directory, "control");
  rmSync(kept, { recursive: true, force: true });
  if (control !== undefined) cpSync(control, kept, { recursive: true });
  return observe("--verdict", directory, "--recomputed", recomputed(directory, control));
}

function written(run: HandMadeRun, plan = run.plan()): string {
  const directory = writeRun(plan, run.records(), run.arrivals);
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function runWith(failing: boolean): HandMadeRun {
  const run = new HandMadeRun();
  return run.every(100, 0, 100_001, (atMs) => (failing && atMs >= 20_000 && atMs < 60_000 ? run.failed("red", atMs) : run.good("red", atMs)));
}

test("main --verdict: writes verdict.json and report.md and ends by the verdict: held 0, deviated 1, unknown 2, failed 3, interrupted 130", async () => {
  const expectations = [{ measure: "blastRadius" as const, atMost: 0.1 }];
  const held = written(runWith(false), runWith(false).plan({ expectations }));
  expectCode(await verdictOn(held), 0);
  expect((JSON.parse(readFileSync(path.join(held, "verdict.json"), "utf8")) as Verdict).verdict).toBe("held");
  expect(readFileSync(path.join(held, "report.md"), "utf8")).toContain("**held**");
  expectCode(await observe("--verdict", held), 2);
  expect((JSON.parse(readFileSync(path.join(held, "verdict.json"), "utf8")) as Verdict).reasons[0]).toContain("it was not recomputed");
  expectCode(await observe("--verdict", held, "--recomputed", "{}"), 4);
  writeFileSync(path.join(held, "end.json"), JSON.stringify({ reason: "interrupted", message: "Ctrl-C", atMs: 100_000 }));
  expectCode(await verdictOn(held), 130);
  rmSync(path.join(held, "end.json"));
  expectCode(await verdictOn(held), 2);
  expect(readFileSync(path.join(held, "report.md"), "utf8")).toContain("end.json is missing: the run was never closed");
  const deviated = written(runWith(true), runWith(true).plan({ expectations }));
  expectCode(await verdictOn(deviated), 1);
  const unsteady = new HandMadeRun().every(100, 0, 0, () => {});
  unsteady.every(100, 0, 100_001, (atMs) => unsteady.failed("red", atMs));
  expectCode(await verdictOn(written(unsteady)), 3);
  appendFileSync(tapPath(deviated, "client"), "{}\n");
  expectCode(await verdictOn(deviated), 2);
});

test("main --verdict: a paired control is read from the run's own control, and one of another seed is unknown", async () => {
  const run = runWith(true);
  const plan = run.plan({ measure: { ...run.plan().measure, control: "paired" } });
  const directory = written(run, plan);
  const control = written(runWith(false));
  expectCode(await verdictOn(directory, control), 0);
  expectCode(await verdictOn(directory), 2);
  const other = new HandMadeRun();
  other.good("red", 0);
  expectCode(await verdictOn(directory, written(other, other.plan({ seed: 8 }))), 2);
});

test("main: what it cannot read or does not know is refused in two lines, without a stack: exit code 4", async () => {
  const nowhere = await observe("--verdict", path.join(path.dirname(mainFile), "nowhere"));
  expectCode(nowhere, 4);
  expect(nowhere.errors).toMatch(/^error: Cannot read the plan of run .*\nhint: Give a run directory.*\n$/);
  expectCode(await observe("--nonsense"), 4);
  expectCode(await observe(), 4);
  const { child, ended } = start("--config", "/nonexistent.json");
  const [line] = await linesUntil(child, () => true);
  expect(JSON.parse(line!)).toMatchObject({ ready: false, code: "config_invalid" });
  expectCode(await ended, 4);
});

/** Has the process write the most memory that it held, in KiB, on its way out. */
const peakReport = `--import=data:text/javascript,${encodeURIComponent('process.on("exit", () => process._rawDebug("peakKb=" + process.resourceUsage().maxRSS))')}`;

test.each([
  ["2 GiB", 2 ** 31, "tap client cannot be read: it is larger than 126.6 MiB, the most that is read"],
  ["just under the limit", 126 * 2 ** 20, "tap client cannot be read: line 1 is longer than 16 MiB"],
])("main --verdict: a tap of one line of %s: unknown, in under 300 MB", async (_, bytes, fault) => {
  const directory = written(runWith(false));
  truncateSync(tapPath(directory, "client"), 0);
  truncateSync(tapPath(directory, "client"), bytes);
  const child = spawn(process.execPath, [peakReport, mainFile, "--verdict", directory, "--recomputed", recomputed(directory)], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(2);
  expect((JSON.parse(readFileSync(path.join(directory, "verdict.json"), "utf8")) as Verdict).reasons[0]).toContain(fault);
  const peakKb = Number(/peakKb=(\d+)/.exec(errors)?.[1]);
  expect(peakKb).toBeGreaterThan(20_000);
  expect(peakKb).toBeLessThan(300_000);
});

async function linesUntil(child: Observer, isLast: (line: string) => boolean): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (isLast(line)) break;
  }
  return lines;
}

test("main --config: probes, reads metrics, follows the taps, prints progress, and closes its taps on SIGTERM", async () => {
  const run = new HandMadeRun();
  run.good("red", 0);
  const plan = run.plan();
  const directory = written(run);
  for (const tap of ["client", "wire-primary", "canary", "counted"]) rmSync(tapPath(directory, tap));
  const server = createServer((request, response) => {
    if (request.url === "/metrics") {
      response.end('blastlab_gateway_requests_total{outcome="failure"} 3\n');
      return;
    }
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      const text = legOf(markOf({ answerId: "x", digest: messageDigest(plan.markKey, messages[0]!.content) }));
      response.end(JSON.stringify({ choices: [{ message: { content: text } }] }));
    });
  }).listen(0, "127.0.0.1");
  cleanups.push(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = { run: plan.run, directory, targets: { local: [url] }, keys: { "red/chat": "vk" }, metricsUrls: [`${url}/metrics`], epochMs: Date.now() };
  mkdirSync(path.join(directory, "config"));
  writeFileSync(path.join(directory, "config", "observer.json"), JSON.stringify(config));

  const { child, ended } = start("--config", path.join(directory, "config", "observer.json"));
  const seen: string[] = [];
  const shows = (line: string) => {
    seen.push(line);
    if (seen.length === 2) {
      appendFileSync(tapPath(directory, "wire-primary"), `${JSON.stringify({ type: "record", sequence: 0, ...run.wire[0] })}\n`);
      appendFileSync(tapPath(directory, "client"), `not JSON\n${JSON.stringify({ type: "record", sequence: 0, ...run.client[0] })}\n`);
    }
    return /"done":1\b/.test(line) && /"gatewayCountedFailures":3/.test(line) && existsSync(tapPath(directory, "canary")) && readFileSync(tapPath(directory, "canary"), "utf8").split("\n").length > 2;
  };
  const lines = await linesUntil(child, shows);
  const { url: ownUrl } = JSON.parse(lines[0]!) as { url: string };
  const metrics = await (await fetch(`${ownUrl}/metrics`)).text();
  expect(metrics).toContain('blastlab_observer_requests_total{team="red",feature="chat",region="local",outcome="good"} 1\n');
  expect(metrics).toContain('blastlab_observer_attempts_total{deployment="primary",outcome="answered"} 1\n');
  expect(metrics).toContain("blastlab_observer_gateway_failures_total 3\n");
  expect(metrics).toMatch(/^blastlab_observer_probes_total\{route="main",outcome="good"\} [1-9]/m);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ live: { sent: 1, done: 1, bad: 0, perDeployment: { primary: { attempts: 1, failures: 0 } } } });
  child.kill("SIGTERM");
  expectCode(await ended, 0);
  const expected = { run: plan.run, seed: plan.seed };
  const canary = readTap(tapPath(directory, "canary"), { file: "canary", offered: 9, recordsMax: 99, tap: "canary", ...expected }, canarySchema);
  expect(canary.faults).toEqual([]);
  expect(canary.records[0]).toMatchObject({ probe: "canary-main-0", route: "main", ok: true });
  const counted = readTap(tapPath(directory, "counted"), { file: "counted", offered: 9, recordsMax: 99, tap: "counted", ...expected }, countedSchema);
  expect(counted.faults).toEqual([]);
  expect(counted.records[0]).toMatchObject({ requestsTotal: 3, failuresTotal: 3 });
});

test("main --config: ends, taps closed, when its stdin closes, which means that its conductor has ended", async () => {
  const run = new HandMadeRun();
  run.good("red", 0);
  const directory = written(run);
  const config = path.join(directory, "observer.json");
  writeFileSync(config, JSON.stringify({ directory, targets: {}, keys: {}, metricsUrls: [], epochMs: Date.now() }));
  const { child, ended } = start("--config", config);
  await linesUntil(child, () => true);
  child.stdin.end();
  expectCode(await ended, 0);
  const expected = { file: "canary", offered: 9, recordsMax: 99, tap: "canary" as const, run: run.plan().run, seed: run.plan().seed };
  expect(readTap(tapPath(directory, "canary"), expected, canarySchema)).toMatchObject({ faults: [], records: [] });
});
