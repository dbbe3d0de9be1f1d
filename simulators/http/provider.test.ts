import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { expect, test } from "vitest";
import type { TapHeader, TapLine, TapTrailer, WireRecord } from "../../kernel/records.ts";
import { ask, askRaw, control, runProvider } from "./running-provider.ts";

interface ReadTap {
  readonly header: TapHeader;
  readonly records: readonly TapLine<WireRecord>[];
  readonly trailer: TapTrailer;
  /** Digest of every byte before the trailer's line. */
  readonly sha256: string;
}

/** Reads a tap as the observer does. */
function readTap(path: string): ReadTap {
  const text = readFileSync(path, "utf8");
  const lines = text.trimEnd().split("\n");
  const values = lines.map((line) => JSON.parse(line) as unknown);
  const before = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
  return {
    header: values[0] as TapHeader,
    records: values.slice(1, -1) as TapLine<WireRecord>[],
    trailer: values.at(-1) as TapTrailer,
    sha256: createHash("sha256").update(before).digest("hex"),
  };
}

const longAgoMs = 60_000;

test("startProvider: a tap has header, numbered records, and a trailer whose count and sum are right", async () => {
  await using provider = await runProvider([{ errorRate: 0 }]);
  const epochMs = Date.now() - longAgoMs;
  expect(await control(provider, "begin", { epochMs })).toEqual({ status: 200, body: { ok: true } });
  for (const id of ["r1", "r2", "r1"]) await (await ask(provider.url, id)).toArray();
  const ended = await control(provider, "end");
  const { header, records, trailer, sha256 } = readTap(provider.tapPath);
  expect(header).toEqual({ type: "header", schema: "blastlab.tap/1", tap: "wire", source: "primary", run: "test-run", seed: 7, epochMs });
  expect(records.map(({ type, sequence, requestId, ordinal }) => [type, sequence, requestId, ordinal])).toEqual([
    ["record", 0, "r1", 0],
    ["record", 1, "r2", 0],
    ["record", 2, "r1", 1],
  ]);
  expect(trailer).toEqual({ type: "trailer", count: 3, sha256 });
  expect(ended).toEqual({ status: 200, body: { ok: true, count: 3, sha256 } });
});

test("startProvider: begin sets time zero; the phase in force follows from it", async () => {
  const phases = [{ toMs: 50_000 }, { fromMs: 50_000, errorRate: 1, statusMix: { 503: 1 } }];
  for (const [agoMs, status] of [[10_000, 200], [longAgoMs, 503], [-600_000, 200]] as const) {
    await using provider = await runProvider(phases);
    const beforeMs = Date.now();
    await control(provider, "begin", { epochMs: beforeMs - agoMs });
    const response = await ask(provider.url, "r1");
    await response.toArray();
    expect(response.statusCode).toBe(status);
    await control(provider, "end");
    const withinMs = Date.now() - beforeMs;
    const { arrivedMs, phase } = readTap(provider.tapPath).records[0]!;
    expect(phase).toBe(agoMs === 10_000 ? 0 : agoMs === longAgoMs ? 1 : -1);
    // On one machine both clocks differ only by changes of the wall clock since this process started.
    expect(arrivedMs - agoMs).toBeGreaterThan(-5_000);
    expect(arrivedMs - agoMs).toBeLessThan(withinMs + 5_000);
  }
});

test("startProvider: before begin it answers, no phase is in force, and nothing is recorded", async () => {
  await using provider = await runProvider([{ errorRate: 1, statusMix: { 503: 1 } }]);
  const response = await ask(provider.url, "early");
  await response.toArray();
  expect(response.statusCode).toBe(200);
  await control(provider, "begin", { epochMs: Date.now() });
  await control(provider, "end");
  expect(readTap(provider.tapPath).records).toEqual([]);
});

test("startProvider: an attempt that arrived before begin is not recorded, even if it ends after it", async () => {
  await using provider = await runProvider();
  const response = await ask(provider.url, "early", { stream: true, max_tokens: 200 });
  await control(provider, "begin", { epochMs: Date.now() });
  await response.toArray();
  await (await ask(provider.url, "later")).toArray();
  await control(provider, "end");
  expect(readTap(provider.tapPath).records.map((record) => record.requestId)).toEqual(["later"]);
});

test("startProvider: a client that disconnects is caller_gone on the wire record, with the wasted tokens", async () => {
  const slow = { firstTokenMsP50: 5, firstTokenSigma: 0, tokensPerSecond: 50, source: "made up" };
  await using provider = await runProvider([], { latency: slow });
  await control(provider, "begin", { epochMs: Date.now() });
  const response = await ask(provider.url, "r1", { stream: true, max_tokens: 4000 });
  let chunks = 0;
  for await (const _ of response) if (++chunks === 3) break;
  await idle(provider.url);
  await control(provider, "end");
  const [record] = readTap(provider.tapPath).records;
  expect(record).toMatchObject({ fate: "answer", status: 200, end: "caller_gone", stream: true });
  expect(record!.tokensSent).toBeGreaterThan(0);
  expect(record!.tokensSent).toBeLessThan(4002);
  expect(record!.tokensGenerated).toBeGreaterThanOrEqual(record!.tokensSent);
});

/** Waits until the provider has no open attempt. The test's own time limit ends a wait without end. */
async function idle(url: string): Promise<void> {
  for (;;) {
    const health = (await (await fetch(`${url}/control/health`)).json()) as { ok: boolean; openAttempts: number };
    if (health.ok && health.openAttempts === 0) return;
  }
}

test("startProvider: truncated streams end in RST or FIN, by their fates", async () => {
  await using provider = await runProvider([{ streamTruncationRate: 1 }]);
  await control(provider, "begin", { epochMs: Date.now() - longAgoMs });
  const seen = await Promise.all(Array.from({ length: 12 }, (_, index) => askRaw(provider.url, `r${index}`, { stream: true })));
  expect(new Set(seen.map(({ end }) => end))).toEqual(new Set(["fin", "rst"]));
  for (const { text } of seen) expect(text).not.toMatch(/DONE|\r\n0\r\n\r\n$/);
  await control(provider, "end");
  const { records } = readTap(provider.tapPath);
  const sent = new Map(records.map((record) => [record.requestId, record]));
  seen.forEach(({ end, text }, index) => {
    const record = sent.get(`r${index}`)!;
    expect(record).toMatchObject({ fate: "truncate", end: "broken" });
    const words = text.match(/"content":" ?[yz]/g)?.length ?? 0;
    if (end === "fin") expect(words).toBe(record.tokensSent);
    else expect(words).toBeLessThanOrEqual(record.tokensSent);
  });
});

test("startProvider: end breaks open attempts and records them", async () => {
  await using provider = await runProvider([{ errorRate: 1, statusMix: { timeout: 1 } }]);
  await control(provider, "begin", { epochMs: Date.now() - longAgoMs });
  const hanging = askRaw(provider.url, "r1");
  for (let open = 0; open === 0; ) {
    open = ((await (await fetch(`${provider.url}/control/health`)).json()) as { openAttempts: number }).openAttempts;
  }
  await control(provider, "end");
  expect(await hanging).toEqual({ end: "fin", text: "" });
  expect(readTap(provider.tapPath).records).toMatchObject([{ requestId: "r1", fate: "timeout", end: "broken", status: null }]);
});

test("startProvider: close writes the trailer too", async () => {
  await using provider = await runProvider();
  await control(provider, "begin", { epochMs: Date.now() });
  await (await ask(provider.url, "r1")).toArray();
  await provider.close();
  const { trailer, sha256 } = readTap(provider.tapPath);
  expect(trailer).toEqual({ type: "trailer", count: 1, sha256 });
});

test("startProvider: control calls out of order or malformed are refused, a second end is not", async () => {
  await using provider = await runProvider();
  expect((await control(provider, "end")).status).toBe(409);
  for (const body of [{}, { epochMs: "now" }, null, []]) expect((await control(provider, "begin", body)).status).toBe(400);
  expect((await control(provider, "begin", { epochMs: Date.now() })).status).toBe(200);
  expect((await control(provider, "begin", { epochMs: Date.now() })).status).toBe(409);
  const [first, second] = [await control(provider, "end"), await control(provider, "end")];
  expect(first.status).toBe(200);
  expect(second).toEqual(first);
  expect((await fetch(`${provider.url}/control/none`)).status).toBe(404);
});

test("startProvider: a tap that cannot be opened refuses the run", async () => {
  await using provider = await runProvider([], {}, "no-such-folder/wire.ndjson");
  expect(await control(provider, "begin", { epochMs: Date.now() })).toEqual({ status: 500, body: { ok: false, message: expect.stringMatching(/ENOENT/) } });
});

test.each([
  ["a name that leads to loopback", { host: "rebound.example" }, 403],
  ["a page of another origin", { origin: "https://example.com" }, 403],
  ["a form", { "content-type": "text/plain" }, 415],
])("startProvider: its control API refuses %s, and the run has not begun", async (_, headers, status) => {
  await using provider = await runProvider();
  const { port } = new URL(provider.url);
  const answer = await new Promise<number>((resolve, reject) => {
    const outgoing = request({ port, host: "127.0.0.1", method: "POST", path: "/control/begin", headers: { "content-type": "application/json", ...headers } });
    outgoing.once("response", (response) => resolve(response.resume().statusCode ?? 0)).once("error", reject).end(JSON.stringify({ epochMs: 0 }));
  });
  expect(answer).toBe(status);
  expect((await control(provider, "end")).status).toBe(409);
});
