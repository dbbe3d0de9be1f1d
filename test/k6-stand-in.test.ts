import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { k6Command } from "../lab/load/k6.ts";
import { fixtureArrivals } from "../lab/load/fixtures/server.ts";
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
