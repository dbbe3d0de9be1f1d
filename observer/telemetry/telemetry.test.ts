import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { countedMetricNames, observerMetricNames } from "../../kernel/metric-names.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import { describedMetrics, exposedMetrics } from "../../test/support/metric-tables.ts";
import { LiveView } from "../measure/live-view.ts";
import { ObserverCounts } from "../measure/observer-counts.ts";
import { HandMadeRun, primary } from "../measure/testing.ts";
import { serveMetrics } from "./metrics-server.ts";
import { otlpReader } from "./otlp.ts";
import { ObserverTelemetry, seriesMax } from "./telemetry.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

const price = { input: 1, cachedInput: 0.1, output: 2 };
const anyone = { host: "127.0.0.1", port: 0 };

/** A run with something to count in every metric. */
function counted(changes: Partial<Plan> = {}): { counts: ObserverCounts; view: LiveView; run: HandMadeRun } {
  const run = new HandMadeRun();
  run.good("red", 0);
  const plan = run.plan({ deployments: [{ ...primary, price }, { ...primary, name: "fallback" }], faults: [{ id: "slow", kind: "toxic" } as Fault], ...changes });
  const view = new LiveView(plan, run.arrivals);
  const counts = new ObserverCounts(plan, (requestId) => view.teamOf(requestId));
  const reading = { atMs: 0, requestsTotal: 1, failuresTotal: 0, attemptsTotal: 1, openBreakers: [], costUsd: { red: 1 } };
  counts.takeCounted([reading], reading);
  for (const attempt of run.wire) view.takeWire(attempt);
  return { counts, view, run };
}

function telemetryOf({ counts, view, run }: ReturnType<typeof counted>, sender: ConstructorParameters<typeof ObserverTelemetry>[0]["sender"] = null): ObserverTelemetry {
  const telemetry = new ObserverTelemetry({ counts, offered: () => view.offered(1), run: "r", sender });
  onTestFinished(() => telemetry[Symbol.asyncDispose]());
  for (const record of run.client) telemetry.takeClient(view.takeClient(record));
  return telemetry;
}

async function served(telemetry: ObserverTelemetry): Promise<string> {
  const server = await serveMetrics(telemetry, anyone);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server.url;
}

/** A collector that keeps what it gets; on a port, to which it may come back. */
async function collector(port = 0): Promise<{ server: Server; url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      bodies.push(body);
      response.end("{}");
    });
  }).listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`, bodies };
}

const described = describedMetrics("metrics.md");

test("ObserverTelemetry: exposes what the kernel names and docs/metrics.md describes, with type and labels", async () => {
  const text = await (await fetch(`${await served(telemetryOf(counted()))}/metrics`)).text();
  const exposed = exposedMetrics(text);
  expect([...exposed.keys()].toSorted()).toEqual([...Object.values(observerMetricNames), ...Object.values(countedMetricNames)].toSorted());
  expect(exposed).toEqual(described);
});

test("ObserverTelemetry: a plan of many cells keeps a series for each", async () => {
  const cells = Array.from({ length: 400 }, (_, index) => ({ ...new HandMadeRun().plan().cells[0]!, team: `team-${index}` }));
  const text = await (await fetch(`${await served(telemetryOf(counted({ cells })))}/metrics`)).text();
  expect([...text.matchAll(/^blastlab_observer_requests_total\{.*outcome="late"/gm)]).toHaveLength(400);
  expect(text).not.toContain("overflow");
});

test("serveMetrics: shows that it lives, and refuses a page of a browser, other methods and other paths", async () => {
  const url = await served(telemetryOf(counted()));
  expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ ok: true });
  expect((await fetch(`${url}/metrics`, { headers: { origin: "http://evil.example" } })).status).toBe(403);
  expect(await statusWith(`${url}/metrics`, "evil.example")).toBe(403);
  expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${url}/other`)).status).toBe(404);
});

const statusWith = (url: string, host: string) =>
  new Promise((resolve, reject) => httpRequest(url, { headers: { host } }, (response) => resolve(response.resume().statusCode)).on("error", reject).end());

test("serveMetrics: a port that is taken is port_in_use", async () => {
  const url = await served(telemetryOf(counted()));
  await expect(serveMetrics(telemetryOf(counted()), { ...anyone, port: Number(new URL(url).port) })).rejects.toMatchObject({ code: "port_in_use" });
});

test("otlpReader: sends all metrics; a collector that is away costs its exports alone, is reported once, and gets them once it is back", async () => {
  const first = await collector();
  const troubles: string[] = [];
  const telemetry = telemetryOf(counted(), otlpReader({ url: first.url, everyMs: 100 }, { seriesMax, onTrouble: (trouble) => troubles.push(trouble) }));
  await untilPasses(() => expect(first.bodies.length).toBeGreaterThan(0));
  const sent = JSON.parse(first.bodies.at(-1)!) as { resourceMetrics: { resource: { attributes: unknown[] }; scopeMetrics: { metrics: { name: string }[] }[] }[] };
  expect(sent.resourceMetrics[0]!.scopeMetrics[0]!.metrics.map(({ name }) => name).toSorted()).toEqual([...described.keys()].toSorted());
  expect(JSON.stringify(sent.resourceMetrics[0]!.resource.attributes)).toContain('"service.name","value":{"stringValue":"blastlab-observer"}');
  first.server.closeAllConnections();
  await new Promise((resolve) => first.server.close(resolve));
  await untilPasses(() => expect(troubles).toHaveLength(1));
  expect(troubles[0]).toContain(`Cannot send metrics to "${first.url}"`);
  expect((await (await fetch(`${await served(telemetry)}/metrics`)).text()).length).toBeGreaterThan(1_000);
  const second = await collector(Number(new URL(first.url).port));
  await untilPasses(() => expect(second.bodies.length).toBeGreaterThan(0));
  expect(troubles).toHaveLength(1);
});
