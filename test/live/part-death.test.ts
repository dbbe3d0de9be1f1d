import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { seededRng } from "../../kernel/rng.ts";
import type { RunEnd } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { startCli, type Cli } from "../support/cli.ts";
import { expectCode } from "../support/exit-code.ts";
import { installK6StandIn } from "../support/k6/install.ts";

/** Runs at a time. */
vi.setConfig({ maxConcurrency: 2 });

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");
/** `npm run parts:kill` kills more often than CI has time for. */
const killsPerPart = Number(process.env["BLASTLAB_KILLS_PER_PART"] ?? 1);
/** From the start of the timeline, well into the faults. */
const latestKillMs = 9_000;
const inTheMiddle = "ended in the middle of the run (SIGKILL)";
const parts = [
  { name: "proxy", entry: "simulators/network/main.ts", message: `The lab's own proxy ${inTheMiddle}` },
  { name: "observer", entry: "observer/main.ts", message: `The lab's own observer ${inTheMiddle}` },
  { name: "load generator", entry: "lab/load/main.ts", message: "The load generator failed: it ended by SIGKILL" },
  { name: "k6", entry: "k6/stand-in.ts", message: "The load generator failed: k6 was killed", load: "k6" },
  { name: "relay", entry: "lab/load/relay/main.ts", message: `The lab's own relay ${inTheMiddle}`, load: "k6" },
  { name: "simulator", entry: "config/simulator-primary.json", message: `The lab's own simulator-primary ${inTheMiddle}` },
  { name: "warden", entry: "lab/warden/main.ts", message: `The lab's own warden ${inTheMiddle}` },
];

/** The process of the run that has `entry` on its command line. */
function pidOf(cli: Cli, entry: string): number {
  const pids = cli.alive().filter((pid) => commandLineOf(pid).includes(entry));
  expect(pids, entry).toHaveLength(1);
  return pids[0]!;
}

/** Empty for a process that has ended meanwhile. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

test.concurrent.for(parts)("conductor: SIGKILL of the $name at a random moment: exit 3, and its name", { timeout: 300_000 * killsPerPart }, async ({ name, entry, message, load = "embedded" }, { expect }) => {
  const rng = seededRng("part death", name);
  for (let kill = 0; kill < killsPerPart; kill++) {
    await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", load, "--network", "embedded"], { BLASTLAB_K6_BIN: installK6StandIn() });
    // k6 takes the timeline's zero when it starts, so that it and the relay start last: they are there once the
    // timeline has begun.
    await cli.printed(/steady/);
    const afterMs = Math.floor(rng.next() * latestKillMs);
    await sleep(afterMs);
    process.kill(pidOf(cli, entry), "SIGKILL");
    const { code, stderr } = await cli.ended;
    expect({ code, afterMs, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(message) as unknown });
    expect(cli.alive(), "processes left").toEqual([]);
    const end = JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")) as RunEnd;
    expect(end).toMatchObject({ reason: "failed", message: expect.stringContaining(message) as unknown });
  }
});

test.concurrent("conductor: the system's own process that ends by itself is a finding, and the run goes on", async () => {
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--network", "embedded", "--tolerate-lag", "60000", "--set", "faults.0.lengthMs=3000", "--set", "faults.1.lengthMs=3000"]);
  await cli.printed(/ injected /);
  process.kill(pidOf(cli, "gateway/main.ts"), "SIGKILL");
  const ended = await cli.ended;
  const end = JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")) as RunEnd;
  expect(end).toMatchObject({ reason: "completed", componentExits: [{ component: "gateway", how: "SIGKILL" }] });
  // Not recovered; or unknown, on a machine so busy that its other faults came late.
  expectCode(ended, 1, 2);
  expect(ended.stdout).toContain("gateway ended by itself at");
  const { attribution, reasons } = JSON.parse(readFileSync(path.join(cli.directory, "verdict.json"), "utf8")) as Verdict;
  expect(attribution?.unreachable, JSON.stringify({ attribution, reasons })).toBeGreaterThan(0);
});
