import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { liveClock } from "../../kernel/clock-live.ts";
import type { Arrival } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { installK6StandIn } from "../../test/support/k6/install.ts";
import { findTool } from "../tools/find.ts";
import { writeArrivals } from "./arrivals-file.ts";
import { startChild } from "./fixtures/child.ts";
import { fixtureArrivals, fixtureServer, behaviours } from "./fixtures/server.ts";
import { readTap, withoutTimes } from "./fixtures/tap.ts";
import { k6Command, k6Failure, virtualUsers } from "./k6.ts";
import { replay } from "./core/replay.ts";
import { UndiciTransport } from "./undici-transport.ts";

const relayEntry = path.join(import.meta.dirname, "relay/main.ts");

const found = await findTool("k6");
/** Every test runs with the stand-in, and with the real k6 too where there is one. */
const binaries: [name: string, binary: string][] = [["the stand-in", installK6StandIn()]];
if ("bin" in found) binaries.push([`k6 ${found.version}`, found.bin]);

/** k6 at work on these arrivals, through a relay in front of `url`, from 2 s on. */
async function startK6(binary: string, url: string, options: { arrivals: readonly Arrival[]; timeoutMs: number }) {
  const { arrivals, timeoutMs } = options;
  const folder = mkdtempSync(path.join(tmpdir(), "k6-"));
  const arrivalsFile = path.join(folder, "arrivals.ndjson");
  const output = path.join(folder, "k6.log");
  const tap = path.join(folder, "client.ndjson");
  const relayConfig = path.join(folder, "relay.json");
  writeArrivals(arrivalsFile, arrivals);
  const epochMs = Date.now() + 2_000;
  writeFileSync(relayConfig, JSON.stringify({ run: "r", seed: 1, arrivals: arrivalsFile, targets: { local: [url] }, epochMs, timeoutMs, listen: { host: "127.0.0.1", port: 0 }, generator: "k6", tap }));
  const relay = await startChild(relayEntry, relayConfig);
  const targets = { local: `${String(relay.ready["url"])}/local` };
  const { command, args, env } = k6Command({ binary, arrivalsFile, arrivals, targets, keys: { "a/x": "vk" }, epochMs, timeoutMs, output });
  const child = spawn(command, [...args], { env: { ...process.env, ...env }, stdio: "ignore" });
  return {
    child,
    output,
    ended: once(child, "exit").then(([code]) => code as number | null),
    records: async () => {
      relay.child.kill("SIGTERM");
      expect(await relay.exit).toBe(0);
      const { records, whole } = readTap(tap);
      expect(whole).toBe(true);
      return [...records].sort((a, b) => a.arrival - b.arrival);
    },
  };
}

async function byUndici(url: string, arrivals: readonly Arrival[]): Promise<readonly ClientRecord[]> {
  await using transport = new UndiciTransport();
  const records: ClientRecord[] = [];
  const clock = liveClock(Date.now());
  await replay({ clock, transport, arrivals, targets: { local: [url] }, keys: { "a/x": "vk" }, timeoutMs: 10_000, emit: (record) => records.push(record) });
  return records.sort((a, b) => a.arrival - b.arrival);
}

test.concurrent.each(binaries)("k6 by %s: sends the same requests as the embedded generator, and the relay records the same of them, times aside", async (_name, binary) => {
  await using forK6 = await fixtureServer();
  await using forUndici = await fixtureServer();
  const arrivals = fixtureArrivals(behaviours.length * 2, 100);
  const k6 = await startK6(binary, forK6.url, { arrivals, timeoutMs: 10_000 });
  const embedded = await byUndici(forUndici.url, arrivals);
  expect(await k6.ended).toBe(0);
  const records = await k6.records();
  expect(records.map(withoutTimes)).toEqual(embedded.map(withoutTimes));
  const sent = (server: typeof forK6) =>
    server.seen
      .map(({ headers, body }) => ({ id: headers["x-client-request-id"], intended: headers["x-blastlab-intended"], authorization: headers.authorization, type: headers["content-type"], body }))
      .sort((a, b) => String(a.id).localeCompare(String(b.id)));
  expect(sent(forK6)).toEqual(sent(forUndici));
  for (const record of records) expect(record.sentMs!).toBeGreaterThanOrEqual(Math.floor(record.intendedMs));
});

test.concurrent.each(binaries)("k6 by %s: sees headers and ends, and so takes a stream's headers for its first token; the relay does not", async (_name, binary) => {
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    setTimeout(() => outgoing.end(`data: ${JSON.stringify({ choices: [{ delta: { content: "one" } }] })}\n\ndata: [DONE]\n\n`), 3_000);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const arrivals = fixtureArrivals(1, 100);
  const k6 = await startK6(binary, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, { arrivals, timeoutMs: 60_000 });
  expect(await k6.ended).toBe(0);
  server.close();
  const own = readFileSync(k6.output, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, number>);
  expect(own).toEqual([{ arrival: 0, status: 200, errorCode: 0, waitingMs: expect.any(Number) as number, durationMs: expect.any(Number) as number }]);
  const [record] = await k6.records();
  expect(record).toMatchObject({ text: "one", end: "complete" });
  expect(own[0]!["waitingMs"]).toBeLessThan(record!.firstTokenMs! - record!.sentMs!);
});

test.concurrent.each(binaries)("k6 by %s: stopped after the relay, what was in flight is stopped and what was not due is left out", async (_name, binary) => {
  await using server = await fixtureServer();
  const arrivals = fixtureArrivals(behaviours.length, 100).concat(fixtureArrivals(1, 600_000).map((arrival) => ({ ...arrival, index: behaviours.length, requestId: `r-1-${behaviours.length}` })));
  const k6 = await startK6(binary, server.url, { arrivals, timeoutMs: 60_000 });
  await expect.poll(() => server.seen.length).toBe(behaviours.length);
  const records = await k6.records();
  k6.child.kill("SIGTERM");
  expect(await k6.ended).toBe(105);
  expect(records.map((record) => record.arrival)).toEqual(arrivals.slice(0, -1).map((arrival) => arrival.index));
  expect(records[behaviours.indexOf("silent")]).toMatchObject({ end: "stopped", sentMs: expect.any(Number) as number });
});

test("k6: the real one is not found, so it is tested by the stand-in alone", ({ skip }) => {
  skip("bin" in found ? `${found.bin} was tested too` : "no k6 on this machine");
});

test("k6Failure: a whole load is no failure, also where a threshold was crossed; anything else has its reason", () => {
  expect([0, 99].map(k6Failure)).toEqual([null, null]);
  expect(k6Failure(107)).toBe("k6 ended with exit code 107: the script threw an exception");
  expect(k6Failure(255)).toBe("k6 ended with exit code 255: k6 documents no reason for it");
  expect(k6Failure(null)).toBe("k6 was killed");
});

test("virtualUsers: as many as are due within 12 s, within bounds", () => {
  const every = (gapMs: number, count: number) => fixtureArrivals(count, 0).map((arrival, index) => ({ ...arrival, atMs: index * gapMs }));
  expect(virtualUsers(every(100, 1_000))).toBe(121);
  expect(virtualUsers(every(1, 20_000))).toBe(400);
  expect(virtualUsers(every(5_000, 100))).toBe(10);
  expect(virtualUsers(every(5_000, 3))).toBe(3);
});
