import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../kernel/clock-virtual.ts";
import type { Arrival } from "../../../../kernel/plan.ts";
import type { ClientRecord } from "../../../../kernel/records.ts";
import { Canceller, neverSignal } from "../../../../kernel/signal.ts";
import { bodyOf, TransportError, type Handler, type Transport, type TransportFailure, type WireRequest } from "../../../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../../../kernel/utf8.ts";
import { VirtualNetwork } from "../../../virtual/network.ts";
import { replay } from "../../core/replay.ts";
import { exampleArrival as arrival } from "../../fixtures/arrival.ts";
import { regionPath } from "./paths.ts";
import { entryOf } from "../../core/entries.ts";
import { createRelay, type RelayOptions } from "./relay.ts";

const systemOrigin = "http://127.0.0.1:9000";
const relayOrigin = "http://127.0.0.1:9001";
const timeoutMs = 5_000;

const word = (text: string) => `data: ${JSON.stringify({ model: "m", choices: [{ delta: { content: text } }] })}\n\n`;
const streamHeaders = { "content-type": "text/event-stream", "x-blastlab-deployment": "primary" };

/** How the system answers one request: what it does before its headers, and the pieces of its body. */
interface Script {
  readonly headersAfterMs: number;
  readonly breaksBefore?: "reset" | "closed_early";
  readonly pieces?: readonly { readonly afterMs: number; readonly text: string }[];
  readonly breaksAfter?: "reset" | "closed_early";
}

/** Replays the arrivals by the embedded generator through the relay: both write records of the same exchanges. */
async function runBoth(scriptOf: (requestId: string) => Script, arrivals: readonly Arrival[]) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, seed: 1 });
  const gone: string[] = [];
  const system: Handler = async (request, signal) => {
    const { headersAfterMs, breaksBefore, pieces = [], breaksAfter } = scriptOf(request.headers["x-client-request-id"]!);
    signal.onAbort(() => gone.push(`${request.headers["x-client-request-id"]} at ${clock.nowMs()}`));
    await clock.sleep(headersAfterMs, signal);
    if (breaksBefore !== undefined) throw new TransportError(breaksBefore);
    async function* body() {
      for (const { afterMs, text } of pieces) {
        await clock.sleep(afterMs, signal);
        yield utf8Bytes(text);
      }
      if (breaksAfter !== undefined) throw new TransportError(breaksAfter);
    }
    return { status: 200, headers: streamHeaders, body: body() };
  };
  const byRelay: ClientRecord[] = [];
  const byClient: ClientRecord[] = [];
  const relay = createRelay({ clock, transport: network.transport(), targets: { local: [systemOrigin] }, arrivals, epochMs: 0, timeoutMs, emit: (record) => byRelay.push(record) });
  network.serve(systemOrigin, system);
  network.serve(relayOrigin, relay.handle);
  const done = replay({
    clock,
    transport: network.transport(),
    arrivals,
    targets: { local: [`${relayOrigin}${regionPath("local")}`] },
    keys: { "a/x": "vk" },
    timeoutMs,
    emit: (record) => byClient.push(record),
  });
  await clock.run();
  await done;
  const inOrder = (records: ClientRecord[]) => records.sort((a, b) => a.arrival - b.arrival);
  return { byRelay: inOrder(byRelay), byClient: inOrder(byClient), gone };
}

/** A connection between the client and the relay takes 0.1 ms to set up; bytes take none on this network. */
const hopMs = 0.3;
const times = ["sentMs", "firstByteMs", "firstTokenMs", "endMs"] as const;

const withoutTimes = ({ sentMs: _sent, firstByteMs: _byte, firstTokenMs: _token, gapMsMax: _gap, endMs: _end, ...rest }: ClientRecord) => rest;

function expectEqual(byRelay: readonly ClientRecord[], byClient: readonly ClientRecord[]): void {
  expect(byRelay.map(withoutTimes)).toEqual(byClient.map(withoutTimes));
  for (const [index, relayed] of byRelay.entries()) {
    const own = byClient[index]!;
    for (const name of times) {
      if (relayed[name] === null || own[name] === null) expect(relayed[name], name).toBe(own[name]);
      else expect(Math.abs(relayed[name] - own[name]), name).toBeLessThanOrEqual(hopMs);
    }
    expect(Math.abs((relayed.gapMsMax ?? -1) - (own.gapMsMax ?? -1))).toBeLessThanOrEqual(hopMs);
  }
}

test("createRelay: its records are those of the embedded generator's own client, whatever the system does", async () => {
  const breaks = fc.constantFrom("reset" as const, "closed_early" as const);
  const piece = fc.record({ afterMs: fc.nat(2_500), text: fc.constantFrom(word("one"), word(""), ": ping\n\n", "data: [DONE]\n\n", "data: {\n\n", "nonsense") });
  const script: fc.Arbitrary<Script> = fc.oneof(
    fc.record({ headersAfterMs: fc.nat(7_000), breaksBefore: breaks }),
    fc.record({ headersAfterMs: fc.nat(3_000), pieces: fc.array(piece, { maxLength: 6 }) }),
    fc.record({ headersAfterMs: fc.nat(3_000), pieces: fc.array(piece, { maxLength: 3 }), breaksAfter: breaks }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(3_000), script), { minLength: 1, maxLength: 20 }), async (list) => {
      const sorted = [...list].sort((a, b) => a[0] - b[0]);
      const arrivals = sorted.map(([atMs], index) => arrival(index, atMs));
      const { byRelay, byClient } = await runBoth((id) => sorted[Number(id.slice("r-1-".length))]![1], arrivals);
      expect(byRelay).toHaveLength(arrivals.length);
      expectEqual(byRelay, byClient);
    }),
    { numRuns: 100 },
  );
});

test("createRelay: a gateway that flushes its headers at once has its first-token time all the same", async () => {
  const script = { headersAfterMs: 1, pieces: [{ afterMs: 0, text: ": ping\n\n" }, { afterMs: 1_500, text: word("one") }, { afterMs: 700, text: `${word(" two")}data: [DONE]\n\n` }] };
  const { byRelay, byClient } = await runBoth(() => script, [arrival(0, 100)]);
  expectEqual(byRelay, byClient);
  expect(byRelay[0]!.firstByteMs! - 100).toBeLessThan(2);
  expect(byRelay[0]!.firstTokenMs! - 100).toBeCloseTo(1_501, 0);
  expect(byRelay[0]!.gapMsMax).toBeCloseTo(700, 0);
});

test("createRelay: a client that leaves cancels the request to the system at once, and has timed out", async () => {
  const { byRelay, byClient, gone } = await runBoth(() => ({ headersAfterMs: 1, pieces: [{ afterMs: 10, text: word("one") }, { afterMs: 60_000, text: word("two") }] }), [arrival(0, 100)]);
  expect(byClient[0]).toMatchObject({ end: "timeout", text: "one" });
  expectEqual(byRelay, byClient);
  expect(gone).toEqual(["r-1-0 at 5100"]);
});

/** The relay alone, over a transport that answers as `open` says. */
function alone(open: Transport["open"], changes: Partial<RelayOptions> = {}) {
  const clock = new VirtualClock();
  const records: ClientRecord[] = [];
  const relay = createRelay({ clock, transport: { open }, targets: { local: [systemOrigin] }, arrivals: [arrival(0, 100), arrival(1, 200)], epochMs: 1_000_000, timeoutMs, emit: (record) => records.push(record), ...changes });
  return { clock, records, relay };
}

const post = (changes: Partial<WireRequest> = {}): WireRequest => ({ method: "POST", path: "/local/v1/chat/completions", headers: {}, body: utf8Bytes('{"model":"assistant","stream":true}'), ...changes });
const answer = (...chunks: readonly string[]) => ({ status: 200, headers: streamHeaders, body: bodyOf(...chunks.map(utf8Bytes)) });

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of body) text += utf8Text(chunk);
  return text;
}

test("createRelay: forwards what it gets, without the fields of one hop and its own, and passes the answer on as it is", async () => {
  const opened: unknown[] = [];
  const { relay } = alone((request) => {
    opened.push({ ...request, body: utf8Text(request.body) });
    return Promise.resolve({ status: 418, headers: { "content-type": "text/plain", connection: "x-hop", "x-hop": "1", "transfer-encoding": "chunked", "set-cookie": "a=1\nb=2" }, body: bodyOf(utf8Bytes("tea")) });
  });
  const headers = { host: "127.0.0.1:1", authorization: "Bearer k", "content-length": "4", "x-blastlab-intended": "5", connection: "keep-alive, x-mine", "x-mine": "1", "accept-encoding": "gzip", "x-other": "kept" };
  const response = await relay.handle(post({ path: "/local/v1/x?y=1", headers, body: utf8Bytes("body") }), neverSignal);
  expect(opened).toEqual([{ method: "POST", url: `${systemOrigin}/v1/x?y=1`, headers: { authorization: "Bearer k", "x-other": "kept" }, body: "body" }]);
  expect(response).toMatchObject({ status: 418, headers: { "content-type": "text/plain", "set-cookie": "a=1\nb=2" } });
  expect(Object.keys(response.headers)).toHaveLength(2);
  expect(await read(response.body)).toBe("tea");
});

test("createRelay: each client keeps to one of its region's entries", async () => {
  const opened: string[] = [];
  const open: Transport["open"] = ({ url }) => {
    opened.push(url.replace("/v1/chat/completions", ""));
    return Promise.resolve(answer(word("one")));
  };
  const targets = { local: ["http://a:1", "http://b:1/"] };
  const { relay } = alone(open, { targets });
  const users = Array.from({ length: 20 }, (_, index) => `client-${index}`);
  for (const user of [...users, ...users]) await read((await relay.handle(post({ body: utf8Bytes(JSON.stringify({ user })) }), neverSignal)).body);
  const chosen = users.map((user) => entryOf(targets.local, user)!.replace(/\/$/, ""));
  expect(opened).toEqual([...chosen, ...chosen]);
  expect(new Set(chosen).size).toBe(2);
});

test("createRelay: the intended time is the header's, else the arrival's, else the time it came", async () => {
  const { clock, relay, records } = alone(() => Promise.resolve(answer(word("one"))));
  clock.at(300, () => {
    for (const headers of [{ "x-client-request-id": "r-1-0", "x-blastlab-intended": "1000123.4567" }, { "x-client-request-id": "r-1-1" }, { "x-blastlab-intended": "soon" }]) {
      void relay.handle(post({ headers }), neverSignal).then(({ body }) => read(body));
    }
  });
  await clock.run();
  expect(records.map(({ intendedMs, sentMs }) => [intendedMs, sentMs])).toEqual([
    [123.457, 300],
    [200, 300],
    [300, 300],
  ]);
});

test("createRelay: a request that is no arrival is measured too, and a second one of an arrival counts as such", async () => {
  const { relay, records } = alone(() => Promise.resolve(answer(word("one"), "data: [DONE]\n\n")));
  for (const headers of [{ "x-client-request-id": "r-1-0" }, { "x-client-request-id": "r-1-0" }, {}]) await read((await relay.handle(post({ headers }), neverSignal)).body);
  await read((await relay.handle(post({ body: utf8Bytes("no JSON") }), neverSignal)).body);
  expect(records.map(({ requestId, arrival: index, team, route, stream, terminal }) => [requestId, index, team, route, stream, terminal])).toEqual([
    ["r-1-0", 0, "a", "assistant", true, true],
    ["r-1-0", 2, "unplanned", "assistant", true, true],
    ["unplanned-1", 3, "unplanned", "assistant", true, true],
    ["unplanned-2", 4, "unplanned", "unplanned", false, true],
  ]);
});

test.each<[TransportFailure, ClientRecord["end"], TransportFailure]>([
  ["refused", "refused", "reset"],
  ["dns", "refused", "reset"],
  ["connect_timeout", "connect_timeout", "reset"],
  ["reset", "reset", "reset"],
  ["closed_early", "closed_early", "closed_early"],
])("createRelay: a system that ends as %s is recorded as %s and breaks the client's connection by %s", async (kind, end, broken) => {
  const { relay, records } = alone(() => Promise.reject(new TransportError(kind)));
  await expect(relay.handle(post(), neverSignal)).rejects.toMatchObject({ kind: broken });
  expect(records).toMatchObject([{ end, status: null }]);
});

test("createRelay: a client that leaves early has aborted, also when nobody reads the body", async () => {
  const { relay, records } = alone(() => Promise.resolve(answer(word("one"))));
  const client = new Canceller();
  await relay.handle(post({ headers: { "x-client-request-id": "r-1-0" } }), client.signal);
  client.cancel("gone");
  expect(records).toMatchObject([{ requestId: "r-1-0", end: "aborted", status: 200 }]);
});

test("createRelay: a client that left before its request was handled has aborted", async () => {
  const { relay, records } = alone((_request, signal) => (signal.aborted ? Promise.reject(new TransportError("aborted")) : Promise.resolve(answer(word("one")))));
  const client = new Canceller();
  client.cancel("gone");
  await expect(relay.handle(post({ headers: { "x-client-request-id": "r-1-0" } }), client.signal)).rejects.toMatchObject({ kind: "reset" });
  relay.stop();
  expect(records).toMatchObject([{ requestId: "r-1-0", end: "aborted", status: null }]);
});

test("createRelay: a stop ends what is in flight, drops what was due and never came, and leaves out the rest", async () => {
  const arrivals = [arrival(0, 100), arrival(1, 200), arrival(2, 900)];
  const { clock, relay, records } = alone((_request, signal) => new Promise((_, reject) => signal.onAbort(() => reject(new TransportError("aborted")))), { arrivals });
  const inFlight = Promise.withResolvers<unknown>();
  clock.at(100, () => relay.handle(post({ headers: { "x-client-request-id": "r-1-0" } }), neverSignal).then(inFlight.resolve, inFlight.reject));
  clock.at(500, () => relay.stop());
  const broken = expect(inFlight.promise).rejects.toMatchObject({ kind: "reset" });
  await clock.run();
  await broken;
  expect(records.map(({ arrival: index, end, sentMs, endMs }) => [index, end, sentMs, endMs])).toEqual([
    [0, "stopped", 100, 500],
    [1, "dropped", null, 500],
  ]);
  await expect(relay.handle(post(), neverSignal)).rejects.toMatchObject({ kind: "reset" });
  expect(records).toHaveLength(2);
});

test("createRelay: a GET passes without a record; another method or an unknown region is refused with a reason", async () => {
  const { relay, records } = alone(() => Promise.resolve({ status: 200, headers: {}, body: bodyOf(utf8Bytes("models")) }));
  expect(await read((await relay.handle(post({ method: "GET", path: "/local/v1/models" }), neverSignal)).body)).toBe("models");
  const refused = await relay.handle(post({ method: "PUT" }), neverSignal);
  expect(refused.status).toBe(405);
  const lost = await relay.handle(post({ path: "/v1/chat/completions" }), neverSignal);
  expect(lost.status).toBe(404);
  expect(JSON.parse(await read(lost.body))).toMatchObject({ error: { code: "relay_refused", message: expect.stringContaining("/local/v1") as unknown } });
  expect(records).toEqual([]);
});

test("createRelay: a bug in the transport is not a record but a rejection", async () => {
  const { relay, records } = alone(() => Promise.reject(new TypeError("bug")));
  await expect(relay.handle(post(), neverSignal)).rejects.toThrow("bug");
  expect(records).toEqual([]);
});
