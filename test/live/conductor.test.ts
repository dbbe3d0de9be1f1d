import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/rng.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import { isClosed, readPlan, readTap, readVerdict, startCli } from "../support/cli.ts";
import { startForeignToxiproxy } from "../support/toxiproxy.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");
const slow = { timeout: 400_000 };
const kills = 20;
const atOnce = 3;
/** From the first line of the start to well into the faults. */
const latestKillMs = 11_000;
const goneWithinMs = 5_000;

/** Kills the conductor after `killAfterMs`; resolves to the processes that are still there 5 s later, and what the warden logged. */
async function killConductor(args: readonly string[], killAfterMs: number): Promise<readonly string[]> {
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", ...args]);
  await sleep(killAfterMs);
  const started = cli.alive().length;
  cli.process.kill("SIGKILL");
  const { stdout, stderr } = await cli.ended;
  expect(started, `the run was on its way after ${killAfterMs} ms:\n${stdout}\n${stderr}`).toBeGreaterThan(0);
  for (const deadline = performance.now() + goneWithinMs; performance.now() < deadline && cli.alive().length > 0; ) await sleep(100);
  const left = cli.alive().map(describeProcess);
  return left.length === 0 ? [] : [`killed after ${killAfterMs} ms`, ...left, wardenLog(cli.directory)];
}

/** Its state and command line. */
function describeProcess(pid: number): string {
  try {
    const state = /^State:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return `${pid} ${state}: ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`;
  } catch {
    return `${pid}: it has ended meanwhile`;
  }
}

function wardenLog(directory: string): string {
  const file = path.join(directory, "logs/warden.log");
  return existsSync(file) ? readFileSync(file, "utf8") : "no warden.log";
}

test(`conductor: SIGKILL at ${kills} random moments leaves no child, and no fault at a Toxiproxy that the lab did not start: after 5 s`, slow, async () => {
  await using foreign = await startForeignToxiproxy();
  await foreign.call("POST", "/proxies", { name: "bystander", listen: "127.0.0.1:0", upstream: "127.0.0.1:9" });
  await foreign.call("POST", "/proxies/bystander/toxics", { name: "mine", type: "latency", attributes: { latency: 1 } });
  const rng = seededRng("conductor kills");
  const moments = Array.from({ length: kills }, (_, index) => ({ killAfterMs: 200 + rng.next() * latestKillMs, args: index % 2 === 0 ? ["--toxiproxy-url", foreign.url] : ["--network", "embedded"] }));
  for (let from = 0; from < kills; from += atOnce) {
    const left = await Promise.all(moments.slice(from, from + atOnce).map(({ args, killAfterMs }) => killConductor(args, killAfterMs)));
    expect(left).toEqual(Array(left.length).fill([]));
    expect(await foreign.proxies()).toEqual(["bystander"]);
  }
  expect(await (await foreign.call("GET", "/proxies/bystander/toxics")).json()).toMatchObject([{ name: "mine" }]);
});

test("conductor: Ctrl-C lifts the faults, writes what was measured and exits 130", slow, async () => {
  await using foreign = await startForeignToxiproxy();
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--toxiproxy-url", foreign.url]);
  await cli.printed(/bandwidth-fallback injected/);
  await sleep(1_500);
  cli.process.kill("SIGINT");
  const { code, stdout } = await cli.ended;
  expect(code).toBe(130);
  expect(cli.alive()).toEqual([]);
  expect(await foreign.proxies()).toEqual([]);
  const faults = readTap<FaultRecord>(cli.directory, "faults");
  expect(faults.filter(({ action }) => action === "lifted").length).toBe(faults.filter(({ action }) => action === "injected").length);
  for (const tap of ["client", "canary", "believed", "faults", ...readPlan(cli.directory).deployments.map(({ name }) => `wire-${name}`)]) {
    expect(isClosed(cli.directory, tap), tap).toBe(true);
  }
  const verdict = readVerdict(cli.directory);
  expect(verdict.verdict).toBe("interrupted");
  expect(verdict.books).toMatchObject({ balanced: true, unexplained: 0 });
  expect(verdict.books.sent).toBeGreaterThan(5);
  expect(stdout).toContain(cli.directory);
});
