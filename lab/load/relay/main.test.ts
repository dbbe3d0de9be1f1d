import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { ClientRecord } from "../../../kernel/records.ts";
import { writeArrivals } from "../arrivals-file.ts";
import { startChild } from "../fixtures/child.ts";
import { fixtureArrivals, fixtureServer, behaviours } from "../fixtures/server.ts";
import { readTap, withoutTimes } from "../fixtures/tap.ts";

const entry = path.join(import.meta.dirname, "main.ts");
const loadEntry = path.join(import.meta.dirname, "../main.ts");

/** Starts a relay in front of `url`. `stop` ends it and returns its tap. */
async function startRelay(url: string, options: { timeoutMs?: number; arrivalCount?: number; fromMs?: number } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "relay-"));
  const arrivals = path.join(folder, "arrivals.ndjson");
  writeArrivals(arrivals, fixtureArrivals(options.arrivalCount ?? 0, options.fromMs ?? 1_000));
  const tap = path.join(folder, "client.ndjson");
  const config = path.join(folder, "relay.json");
  const epochMs = Date.now();
  const timeoutMs = options.timeoutMs ?? 10_000;
  const common = { run: "r", seed: 1, arrivals, epochMs, timeoutMs };
  writeFileSync(config, JSON.stringify({ ...common, targets: { local: [url] }, listen: { host: "127.0.0.1", port: 0 }, generator: "k6", tap }));
  const { child, ready, exit } = await startChild(entry, config);
  return {
    url: `${String(ready["url"])}/local`,
    folder,
    common,
    ready,
    stop: async () => {
      child.kill("SIGTERM");
      expect(await exit).toBe(0);
      return readTap(tap);
    },
  };
}

test("relay process: over real sockets it records what the embedded generator's own client records", async () => {
  await using server = await fixtureServer();
  const relay = await startRelay(server.url, { arrivalCount: behaviours.length * 3, timeoutMs: 10_000 });
  const tap = path.join(relay.folder, "embedded.ndjson");
  const config = path.join(relay.folder, "load.json");
  writeFileSync(config, JSON.stringify({ ...relay.common, targets: { local: [relay.url] }, keys: { "a/x": "vk" }, tap }));
  const { exit } = await startChild(loadEntry, config);
  expect(await exit).toBe(0);
  const relayed = await relay.stop();
  const own = readTap(tap);
  expect(relayed.whole).toBe(true);
  expect(relayed.header).toMatchObject({ tap: "client", source: "k6/relay", run: "r", seed: 1 });
  const inOrder = (records: readonly ClientRecord[]) => [...records].sort((a, b) => a.arrival - b.arrival).map(withoutTimes);
  expect(inOrder(relayed.records)).toEqual(inOrder(own.records));
  expect(relayed.records.filter((record) => record.package === "3@ab")).not.toEqual([]);
  expect(new Set(own.records.map(({ end }) => end))).toEqual(new Set(["complete", "reset", "closed_early", "timeout"]));
});

/** Sends one POST; resolves with the answer's head. */
async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const outgoing = request(url, { method: "POST", headers: { "content-type": "application/json", ...headers } });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return incoming;
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("relay process: passes bytes, cookies and status on unchanged, and each chunk before the next is there", async () => {
  const next = Promise.withResolvers<void>();
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.once("end", () => {
      outgoing.writeHead(203, { "content-type": "application/octet-stream", "set-cookie": ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"], "x-length": String(Buffer.concat(parts).length) });
      outgoing.write("first");
      void next.promise.then(() => outgoing.end(bytes));
    });
  });
  const relay = await startRelay(await listening(server));
  const incoming = await post(`${relay.url}/v1/x`, "ä".repeat(50_000));
  expect(incoming.statusCode).toBe(203);
  expect(incoming.headers).toMatchObject({ "set-cookie": ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"], "x-length": "100000", "content-type": "application/octet-stream" });
  const [first] = (await once(incoming, "data")) as [Buffer];
  expect(first.toString()).toBe("first");
  next.resolve();
  const parts: Buffer[] = [];
  incoming.on("data", (part: Buffer) => parts.push(part));
  await once(incoming, "end");
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  await relay.stop();
  server.close();
});

test("relay process: when its client leaves, the relay cancels the request, and records it as aborted", async () => {
  const left = Promise.withResolvers<void>();
  const server = createServer((_incoming, outgoing) => {
    outgoing.writeHead(200, { "content-type": "text/event-stream" }).write(": ping\n\n");
    outgoing.once("close", () => left.resolve());
  });
  const relay = await startRelay(await listening(server), { timeoutMs: 60_000 });
  (await post(`${relay.url}/v1/chat/completions`, "{}", { "x-client-request-id": "mine" })).destroy();
  await left.promise;
  const { records, whole } = await relay.stop();
  expect(whole).toBe(true);
  expect(records).toMatchObject([{ requestId: "mine", team: "unplanned", end: "aborted", status: 200, firstTokenMs: null }]);
  server.close();
});

test("relay process: a target where nobody listens is recorded as refused, and resets the client", async () => {
  const relay = await startRelay("http://127.0.0.1:1");
  await expect(post(`${relay.url}/v1/chat/completions`, "{}")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect((await relay.stop()).records).toMatchObject([{ end: "refused", status: null }]);
});

test("relay process: stopped, it drops arrivals that were due and never came, and leaves out later ones", async () => {
  await using server = await fixtureServer();
  const relay = await startRelay(server.url, { arrivalCount: 2, fromMs: 0 });
  const later = await startRelay(server.url, { arrivalCount: 2, fromMs: 600_000 });
  await expect.poll(() => Date.now() - relay.common.epochMs).toBeGreaterThan(50);
  expect((await relay.stop()).records.map(({ arrival, end, sentMs }) => [arrival, end, sentMs])).toEqual([
    [0, "dropped", null],
    [1, "dropped", null],
  ]);
  expect(await later.stop()).toMatchObject({ records: [], whole: true });
});

test("relay process: a port that is taken, or a config that it cannot use, is in its ready line", async () => {
  const server = createServer();
  const url = await listening(server);
  const config = (name: string, value: object) => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), "relay-")), name);
    writeFileSync(file, JSON.stringify(value));
    return file;
  };
  const tap = path.join(mkdtempSync(path.join(tmpdir(), "relay-")), "client.ndjson");
  const whole = { run: "r", seed: 1, targets: { local: [url] }, epochMs: 0, timeoutMs: 1, generator: "k6", tap };
  const taken = await startChild(entry, config("relay.json", { ...whole, listen: { host: "127.0.0.1", port: Number(new URL(url).port) } }));
  expect(taken.ready).toMatchObject({ ready: false, code: "port_in_use" });
  expect(await taken.exit).toBe(3);
  const outside = await startChild(entry, config("relay.json", { ...whole, listen: { host: "0.0.0.0", port: 0 } }));
  expect(outside.ready).toMatchObject({ ready: false, code: "config_invalid", message: expect.stringContaining("listen.host") as unknown });
  expect(await outside.exit).toBe(3);
  server.close();
});

test("relay process: a page in a browser reaches no path of the system by it", async () => {
  await using server = await fixtureServer();
  const relay = await startRelay(server.url);
  const status = async (headers: Record<string, string>) => {
    const sent = request(new URL("/nowhere", relay.url), { headers }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect([await status({ host: "evil.test" }), await status({ origin: "https://evil.test" })]).toEqual([403, 403]);
  expect(await status({})).toBe(404);
  await relay.stop();
});
