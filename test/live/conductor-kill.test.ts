import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/rng.ts";
import { startCli } from "../support/cli.ts";
import { startForeignToxiproxy } from "../support/toxiproxy.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");
const components = path.resolve(import.meta.dirname, "../support/components.yaml");
const atOnce = 3;
const goneWithinMs = 5_000;
const briskKills = 20;
/** `npm run conductor:kill` kills more often than CI has time for. */
const componentKills = Number(process.env["BLASTLAB_CONDUCTOR_KILLS"] ?? 3);
/**
 * The scenarios whose own faults kill and stop processes, and how long after their first line their last fault is
 * lifted.
 */
const processScenarios = [
  { name: "components", args: [components], latestKillMs: 38_000 },
  ...(componentKills > atOnce ? [{ name: "gateway-dead", args: ["gateway-dead", "--stack", "naive"], latestKillMs: 75_000 }] : []),
];

/**
 * Kills the conductor after `killAfterMs`; resolves to the processes that are still there 5 s later, and what the
 * warden logged.
 */
async function killConductor(args: readonly string[], killAfterMs: number): Promise<readonly string[]> {
  await using cli = await startCli(["run", ...args, "--out", "{out}", "--load", "embedded"]);
  await sleep(killAfterMs);
  const started = cli.alive().length;
  const deadline = performance.now() + goneWithinMs;
  cli.process.kill("SIGKILL");
  // The warden holds its stderr until it has ended too.
  const { stdout, stderr } = await cli.ended;
  expect(started, `the run was on its way after ${killAfterMs} ms:\n${stdout}\n${stderr}`).toBeGreaterThan(0);
  while (performance.now() < deadline && cli.alive().length > 0) await sleep(100);
  const left = cli.alive().map(describeProcess);
  const endFile = path.join(cli.directory, "end.json");
  if (wardenLog(cli.directory).includes('"orphaned"')) {
    expect(JSON.parse(readFileSync(endFile, "utf8")), wardenLog(cli.directory)).toMatchObject({ reason: "failed", message: expect.stringContaining("The lab ended before the run did") as unknown, stillInForce: [] });
    expect(stderr).toContain(`error: The lab ended in the middle of its run; its processes and its faults are gone\nhint: what was recorded is in ${cli.directory};`);
  }
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

/** So many moments, one in each equal part of the time, each drawn. */
function momentsOf(count: number, latestMs: number, seed: string): readonly number[] {
  const rng = seededRng("conductor kills", seed);
  return Array.from({ length: count }, (_, index) => 200 + ((index + rng.next()) / count) * latestMs);
}

test(`conductor: SIGKILL at ${briskKills} random moments leaves no child, and no fault at a Toxiproxy that the lab did not start: after 5 s`, async () => {
  await using foreign = await startForeignToxiproxy();
  await foreign.call("POST", "/proxies", { name: "bystander", listen: "127.0.0.1:0", upstream: "127.0.0.1:9" });
  await foreign.call("POST", "/proxies/bystander/toxics", { name: "mine", type: "latency", attributes: { latency: 1 } });
  const moments = momentsOf(briskKills, 11_000, "brisk").map((killAfterMs, index) => ({ killAfterMs, args: index % 2 === 0 ? ["--toxiproxy-url", foreign.url] : ["--network", "embedded"] }));
  for (let from = 0; from < briskKills; from += atOnce) {
    const left = await Promise.all(moments.slice(from, from + atOnce).map(({ args, killAfterMs }) => killConductor([brisk, ...args], killAfterMs)));
    expect(left).toEqual(Array(left.length).fill([]));
    expect(await foreign.proxies()).toEqual(["bystander"]);
  }
  expect(await (await foreign.call("GET", "/proxies/bystander/toxics")).json()).toMatchObject([{ name: "mine" }]);
});

test.for(processScenarios)(`conductor: SIGKILL at ${componentKills} moments of $name leaves no process, stopped ones included: after 5 s`, { timeout: 300_000 + 120_000 * componentKills }, async ({ name, args, latestKillMs }) => {
  const moments = momentsOf(componentKills, latestKillMs, name);
  for (let from = 0; from < componentKills; from += atOnce) {
    const left = await Promise.all(moments.slice(from, from + atOnce).map((killAfterMs) => killConductor([...args, "--network", "embedded"], killAfterMs)));
    expect(left).toEqual(Array(left.length).fill([]));
  }
});
