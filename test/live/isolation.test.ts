import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { RunEnd } from "../../kernel/records.ts";
import { isLoopback } from "../../lab/targets/loopback.ts";
import { startCli } from "../support/cli.ts";
import { socketsOf, type ProcessSocket } from "../support/sockets.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");

/** What a shell may hold: a key, a proxy for all requests, a collector of traces. */
const planted = {
  PLANTED_KEY: "sk-planted-in-the-environment",
  HTTP_PROXY: "http://192.0.2.1:3128",
  http_proxy: "http://192.0.2.1:3128",
  NODE_USE_ENV_PROXY: "1",
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://192.0.2.1:4318",
};

const isInside = ({ local, remote, isListener }: ProcessSocket) => isLoopback(local) && (isListener || isLoopback(remote));

test("a live run: its processes hold no socket beyond loopback, and see nothing of what its shell holds", async () => {
  const faults = "faults=[{kind: link_down, deployment: primary, fromMs: 500, lengthMs: 1000}]";
  await using cli = await startCli(["run", brisk, "--set", faults, "--out", "{out}", "--load", "embedded", "--network", "embedded"], planted);
  const sockets: ProcessSocket[] = [];
  const environments = new Map<number, string>();
  let ended = false;
  void cli.ended.then(() => (ended = true));
  while (!ended) {
    const pids = cli.alive();
    sockets.push(...socketsOf(pids));
    for (const pid of pids) environments.set(pid, environmentOf(pid) || (environments.get(pid) ?? ""));
    await sleep(100);
  }
  const { stdout, stderr } = await cli.ended;
  // Played to its end. How late its load was is not asked: three files run at once.
  const end = JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")) as RunEnd;
  expect(end, `${stdout}\n${stderr}`).toMatchObject({ reason: "completed", troubles: [] });
  // Two simulators, the network, the gateway; the links of both deployments.
  expect(new Set(sockets.filter(({ isListener }) => isListener).map(({ local }) => local))).toEqual(new Set(["127.0.0.1"]));
  expect(sockets.filter(({ isListener }) => !isListener).length).toBeGreaterThan(10);
  expect(sockets.filter((socket) => !isInside(socket))).toEqual([]);
  environments.delete(cli.process.pid!);
  // The warden, two simulators, network, gateway, observer, load.
  expect(environments.size).toBeGreaterThanOrEqual(7);
  expect([...environments.values()].filter((text) => /sk-planted|192\.0\.2\.1|NODE_USE_ENV_PROXY/.test(text))).toEqual([]);
});

test("socketsOf: it sees a listener on every interface", async () => {
  const script = "const s = require('net').createServer().listen(0, '0.0.0.0', () => console.log(s.address().port)); process.stdin.resume(); process.stdin.on('end', () => process.exit());";
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const found = socketsOf([child.pid!]);
  child.stdin.end();
  await once(child, "exit");
  expect(found).toEqual([{ protocol: "tcp", local: "0.0.0.0", remote: "0.0.0.0", isListener: true }]);
  expect(found.every(isInside)).toBe(false);
});

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}
