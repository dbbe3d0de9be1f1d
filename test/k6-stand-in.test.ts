import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { k6Command } from "../lab/load/k6.ts";
import { entryOf } from "../lab/load/core/entries.ts";
import { startChild } from "../lab/load/fixtures/child.ts";
import { fixtureArrivals, fixtureServer } from "../lab/load/fixtures/server.ts";
import { readTap } from "../lab/load/fixtures/tap.ts";
import { writeArrivals } from "../lab/load/arrivals-file.ts";
import { findTool } from "../lab/tools/find.ts";
import { toolsEnvironment } from "../lab/tools/environment.ts";
import { installK6StandIn } from "./support/k6/install.ts";

const binary = installK6StandIn();
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => spawnSync(binary, [...args], { env: { ...process.env, ...env }, encoding: "utf8" });

/** The lab's own command, for one request to a port where nobody listens. */
function command() {
  const folder = mkdtempSync(path.join(tmpdir(), "k6-"));
  const arrivalsFile = path.join(folder, "arrivals.ndjson");
  const arrivals = fixtureArrivals(1, 0);
  writeArrivals(arrivalsFile, arrivals);
  const output = path.join(folder, "k6.log");
  return { ...k6Command({ binary, arrivalsFile, arrivals, targets: { local: "http://127.0.0.1:1/local" }, keys: { "a/x": "vk" }, epochMs: Date.now(), timeoutMs: 1_000, output }), output };
}

test("k6 stand-in: the lab takes it for k6", async () => {
  const found = await findTool("k6", toolsEnvironment({ BLASTLAB_K6_BIN: binary }));
  expect(found).toEqual({ bin: binary, version: "2.3.0", via: "BLASTLAB_K6_BIN" });
});

test("k6 stand-in: the lab's command runs the script, which prints each request as k6 saw it", () => {
  const { args, env, output } = command();
  expect(run(args, env)).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(readFileSync(output, "utf8"))).toMatchObject({ arrival: 0, status: 0, errorCode: 1_212 });
});

test("k6 stand-in: an option that k6 does not have is refused with exit code 255", () => {
  const { args, env } = command();
  expect(run([...args, "--sumary-mode=disabled"], env)).toMatchObject({ status: 255, stderr: expect.stringContaining("--sumary-mode") as unknown });
});

test("k6 stand-in: a script that throws before it runs ends with exit code 107", () => {
  const { args, env } = command();
  expect(run(args, { ...env, ARRIVALS: "/nowhere" })).toMatchObject({ status: 107, stderr: expect.stringContaining("/nowhere") as unknown });
});

test("k6 stand-in: a script whose blocking calls it cannot see is refused, so that a change of the script shows here", () => {
  const { args, env } = command();
  const script = path.join(mkdtempSync(path.join(tmpdir(), "k6-")), "script.ts");
  writeFileSync(script, readFileSync(args.at(-1)!, "utf8").replace("http.post(", "http.request("));
  expect(run([...args.slice(0, -1), script], env)).toMatchObject({ status: 107, stderr: expect.stringContaining("exactly once") as unknown });
});

test("k6 stand-in: behind the relay its clients hold several entries, and try the other where theirs is dead, as the embedded load does", async () => {
  await using server = await fixtureServer();
  const folder = mkdtempSync(path.join(tmpdir(), "k6-"));
  const [arrivalsFile, tap, config] = ["arrivals.ndjson", "client.ndjson", "relay.json"].map((name) => path.join(folder, name)) as [string, string, string];
  // Every tenth request of the fixture gets a whole stream.
  const arrivals = fixtureArrivals(10, 0).map((arrival, index) => ({ ...arrival, client: `client-${index}`, requestId: `r-1-${10 * index}`, stream: true }));
  writeArrivals(arrivalsFile, arrivals);
  const dead = "http://127.0.0.1:1";
  const entries = [dead, server.url];
  const epochMs = Date.now();
  writeFileSync(config, JSON.stringify({ run: "r", seed: 1, arrivals: arrivalsFile, epochMs, timeoutMs: 60_000, targets: { local: entries }, tryOthers: true, listen: { host: "127.0.0.1", port: 0 }, generator: "k6", tap }));
  const relay = await startChild(path.resolve(import.meta.dirname, "../lab/load/relay/main.ts"), config);
  const load = k6Command({ binary, arrivalsFile, arrivals, targets: { local: `${String(relay.ready["url"])}/local` }, keys: { "a/x": "vk" }, epochMs, timeoutMs: 60_000, output: path.join(folder, "k6.log") });
  expect(await once(spawn(binary, [...load.args], { env: { ...process.env, ...load.env } }), "exit")).toEqual([0, null]);
  relay.child.kill("SIGTERM");
  await relay.exit;
  const { records } = readTap(tap);
  expect(records.map(({ end, entry }) => ({ end, entry }))).toEqual(arrivals.map(() => ({ end: "complete", entry: server.url })));
  const moved = arrivals.filter(({ client }) => entryOf(entries, client) === dead).map(({ requestId }) => requestId);
  expect(moved.length).toBeGreaterThan(0);
  expect(records.filter(({ tried }) => tried !== undefined).map(({ requestId }) => requestId).toSorted()).toEqual(moved.toSorted());
});
