import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { listenBacklog } from "../../kernel/listen.ts";
import { edgeMetricNames } from "../../kernel/metric-names.ts";
import { describedMetrics, exposedMetrics } from "../../test/support/metric-tables.ts";

const main = path.join(import.meta.dirname, "main.ts");
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(ends.splice(0).map((end) => end()))));

async function replica(id: string) {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200, { "content-type": "application/json", "x-blastlab-cache": "miss" }).end(JSON.stringify({ id, path: request.url })));
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: listenBacklog });
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  ends.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function edge(file: object, argument = "--config", options: readonly string[] = []): Promise<{ readonly line: Record<string, string>; readonly child: ChildProcess; readonly log: () => string }> {
  const config = path.join(mkdtempSync(path.join(tmpdir(), "blastlab-edge-")), "edge.json");
  writeFileSync(config, JSON.stringify(file));
  const child = spawn(process.execPath, [...options, main, argument, config], { stdio: ["pipe", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  ends.push(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  return { line: JSON.parse(line) as Record<string, string>, child, log: () => log };
}

const post = (url: string, body: object) => fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** However long the machine stalls, no check and no connection fails by it. */
const patient = { health: { intervalMs: 3_600_000, timeoutMs: 3_600_000 }, retry: { connectMs: 60_000 } };

/**
 * Asks until the answer is none of an edge that stood still, as one does on a machine that stalls. Resolves when the
 * answer is whole.
 */
async function ask(url: string): Promise<{ readonly status: number; readonly replica: string | null }> {
  for (;;) {
    const answer = await post(`${url}/v1/chat/completions`, {});
    const text = await answer.text();
    if (!text.includes("edge_stopped")) return { status: answer.status, replica: answer.headers.get("x-blastlab-replica") };
  }
}

test("edge process: answers through a replica, goes elsewhere when one is gone, drains by name, shows state and metrics, ends on SIGTERM", async () => {
  const [a, b] = [await replica("a1"), await replica("b1")];
  const regions = [
    { name: "A", replicas: [{ id: "a1", url: a.url }] },
    { name: "B", replicas: [{ id: "b1", url: b.url }] },
  ];
  const { line, child } = await edge({ regions, admin: { open: true }, region: "A", ...patient });
  const replicaOf = async () => (await ask(line["url"]!)).replica;
  const asked = await Promise.all(Array.from({ length: 40 }, replicaOf));
  expect(new Set(asked)).toEqual(new Set(["a1", "b1"]));
  expect((await post(`${line["adminUrl"]}/admin/drain`, { name: "A", draining: true })).status).toBe(204);
  expect((await post(`${line["adminUrl"]}/admin/drain`, { name: "B", draining: true })).status).toBe(409);
  expect((await post(`${line["adminUrl"]}/admin/weight`, { name: "C", percent: 5 })).status).toBe(404);
  expect(new Set(await Promise.all(Array.from({ length: 10 }, replicaOf)))).toEqual(new Set(["b1"]));
  await b.close();
  expect(await replicaOf()).toBe("a1");
  expect(await (await fetch(`${line["adminUrl"]}/admin/state`)).json()).toMatchObject({ engine: "embedded", region: "A", replicas: [{ id: "a1", state: "draining" }, { id: "b1" }] });
  const metrics = await (await fetch(`${line["adminUrl"]}/metrics`)).text();
  expect(metrics).toContain('blastlab_edge_requests_total{outcome="answered"} 51');
  expect(metrics).toContain('blastlab_edge_attempts_total{replica="b1",end="failed"}');
  expect(metrics).toMatch(/^blastlab_edge_removals_total\{replica="a1",reason="ejected"\} 0$/m);
  expect(exposedMetrics(metrics)).toEqual(describedMetrics("edge.md"));
  expect([...exposedMetrics(metrics).keys()].toSorted()).toEqual(Object.values<string>(edgeMetricNames).toSorted());
  expect((await fetch(`${line["url"]}/admin/state`)).status).toBe(404);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("edge process: admin paths need the key, a refusal names its setting, and --check prints every default", async () => {
  const regions = [{ name: "A", replicas: [{ id: "a1", url: "http://127.0.0.1:9" }] }];
  const { line } = await edge({ regions });
  expect((await fetch(`${line["adminUrl"]}/admin/state`)).status).toBe(401);
  const { line: refusal, child } = await edge({ regions, health: { timeoutMs: 900 } });
  expect(refusal).toMatchObject({ ready: false, code: "config_invalid", message: expect.stringContaining("health.timeoutMs: Expected at most intervalMs (500)") });
  if (child.exitCode === null) await once(child, "exit");
  expect(child.exitCode).toBe(3);
  const { line: checked } = await edge({ regions }, "--check");
  expect(checked).toMatchObject({ engine: "embedded", drainMs: 30_000, health: { intervalMs: 500 } });
});

/**
 * A stand-in for a machine's clock that is set an hour on, and back, in turn: each look at the wall clock differs by an
 * hour from the last.
 */
const jumpingWall = `data:text/javascript,${encodeURIComponent("const now = Date.now.bind(Date); let looks = 0; Date.now = () => now() + (looks++ % 2) * 3_600_000;")}`;

test("edge process: a wall clock that jumps removes nobody, and is no jump of the edge's own clock", async () => {
  const [a, b] = [await replica("a1"), await replica("b1")];
  const regions = [
    { name: "A", replicas: [{ id: "a1", url: a.url }] },
    { name: "B", replicas: [{ id: "b1", url: b.url }] },
  ];
  const { line, log } = await edge({ regions, admin: { open: true }, ...patient }, "--config", ["--import", jumpingWall]);
  for (let round = 0; round < 20; round++) expect(await ask(line["url"]!)).toMatchObject({ status: 200 });
  const state = (await (await fetch(`${line["adminUrl"]}/admin/state`)).json()) as object;
  expect(state).toMatchObject({ removedLastMinute: 0, replicas: [{ share: 1 }, { share: 1 }] });
  // A busy machine may stop the process for seconds, never for an hour.
  const jumps = log().split("\n").filter((text) => text.includes('"clock_jump"')).map((text) => (JSON.parse(text) as { ms: number }).ms);
  expect(jumps.filter((ms) => ms > 600_000)).toEqual([]);
});
