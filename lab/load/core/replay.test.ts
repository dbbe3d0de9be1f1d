import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientRecord } from "../../../kernel/records.ts";
import { Canceller, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Transport, type TransportFailure, type TransportResponse } from "../../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import { exampleArrival as arrival } from "../fixtures/arrival.ts";
import { missingFrom } from "./request.ts";
import { replay } from "./replay.ts";

/** One step of a scripted answer: wait, then send bytes or break the connection. */
type Step = { readonly afterMs: number; readonly send?: string; readonly fail?: TransportFailure };

interface Script {
  readonly openAfterMs?: number;
  readonly refuse?: TransportFailure;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly steps?: readonly Step[];
}

/** A network on the virtual clock which plays a script for each request, and keeps what it was sent. */
function scripted(clock: VirtualClock, scriptOf: (requestId: string) => Script) {
  const requests: { url: string; headers: Readonly<Record<string, string>>; body: unknown; atMs: number }[] = [];
  const wait = (ms: number, signal: Signal) =>
    clock.sleep(ms, signal).catch(() => {
      throw new TransportError("aborted");
    });
  const transport: Transport = {
    async open(request, signal) {
      requests.push({ url: request.url, headers: request.headers, body: JSON.parse(utf8Text(request.body)), atMs: clock.nowMs() });
      const script = scriptOf(request.headers["x-client-request-id"]!);
      await wait(script.openAfterMs ?? 0, signal);
      if (script.refuse !== undefined) throw new TransportError(script.refuse);
      async function* body() {
        for (const step of script.steps ?? []) {
          await wait(step.afterMs, signal);
          if (step.fail !== undefined) throw new TransportError(step.fail);
          if (step.send !== undefined) yield utf8Bytes(step.send);
        }
      }
      const headers = script.headers ?? { "content-type": "text/event-stream", "x-blastlab-deployment": "primary" };
      return { status: script.status ?? 200, headers, body: body() } satisfies TransportResponse;
    },
  };
  return { transport, requests };
}

const word = (text: string) => `data: ${JSON.stringify({ model: "m", choices: [{ delta: { content: text } }] })}\n\n`;
const finish = `data: ${JSON.stringify({ model: "m", choices: [{ delta: {}, finish_reason: "stop" }] })}\n\n`;
const json = { "content-type": "application/json" };

async function run(script: Script | ((requestId: string) => Script), options: { arrivals?: readonly Arrival[]; signal?: Signal; inFlightMax?: number; clock?: VirtualClock } = {}) {
  const clock = options.clock ?? new VirtualClock();
  const { transport, requests } = scripted(clock, typeof script === "function" ? script : () => script);
  const records: ClientRecord[] = [];
  const done = replay({
    clock,
    transport,
    arrivals: options.arrivals ?? [arrival(0, 100)],
    targets: { local: ["http://127.0.0.1:9000"] },
    keys: { "a/x": "vk-a-x" },
    timeoutMs: 5_000,
    emit: (record) => records.push(record),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.inFlightMax === undefined ? {} : { inFlightMax: options.inFlightMax }),
  });
  await clock.run();
  return { records, requests, summary: await done, clock };
}

test("replay: the first error body of each status and code is kept, without what the client sent, and headers go with every request", async () => {
  const clock = new VirtualClock();
  const error = (code: string) => ({ status: 401, headers: { "content-type": "application/json" }, steps: [{ afterMs: 1, send: JSON.stringify({ error: { code, message: "No team has the key vk-secret or tenant-9" } }) }] });
  const { transport, requests } = scripted(clock, (id) => (id === "r-1-3" ? { steps: [{ afterMs: 1, send: "data: [DONE]\n\n" }] } : error(id === "r-1-2" ? "other" : "no_team")));
  const records: ClientRecord[] = [];
  const arrivals = [0, 1, 2, 3].map((index) => arrival(index, index * 100));
  const headers = { "x-tenant": "tenant-9", authorization: "Key vk-own" };
  const done = replay({ clock, transport, arrivals, targets: { local: ["http://gateway"] }, keys: { "a/x": "vk-secret" }, headers, timeoutMs: 1_000, emit: (record) => records.push(record) });
  await clock.run();
  await done;
  expect(requests.map(({ headers: sent }) => [sent["x-tenant"], sent["authorization"], sent["content-type"]])).toEqual(requests.map(() => ["tenant-9", "Key vk-own", "application/json"]));
  expect(records.map(({ errorCode, errorBody }) => [errorCode, errorBody === undefined ? null : (JSON.parse(errorBody) as { error: { message: string } }).error.message])).toEqual([
    ["no_team", "No team has the key vk-secret or [redacted]"],
    ["no_team", null],
    ["other", "No team has the key vk-secret or [redacted]"],
    [null, null],
  ]);
});

test("replay: sends what the architecture says, at its time", async () => {
  const { requests } = await run({ steps: [] }, { arrivals: [arrival(0, 100), arrival(1, 250, false)] });
  expect(requests.map((request) => request.atMs)).toEqual([100, 250]);
  expect(requests[0]).toMatchObject({
    url: "http://127.0.0.1:9000/v1/chat/completions",
    headers: { authorization: "Bearer vk-a-x", "x-client-request-id": "r-1-0", "content-type": "application/json" },
  });
  expect(requests[0]!.body).toEqual({
    model: "assistant",
    messages: [{ role: "user", content: "Explain the quiet garden" }],
    max_tokens: 12,
    stream: true,
    user: "c",
    stream_options: { include_usage: true },
  });
  expect(requests[1]!.body).not.toHaveProperty("stream_options");
});

test("replay: a stream's record has its first content token, not its headers or its role chunk", async () => {
  const { records } = await run({
    openAfterMs: 10,
    steps: [{ afterMs: 5, send: ": ping\n\n" }, { afterMs: 5, send: word("") }, { afterMs: 30, send: word("one") }, { afterMs: 50, send: `${word(" two")}${finish}data: [DONE]\n\n` }],
  });
  expect(records).toEqual([
    {
      requestId: "r-1-0",
      arrival: 0,
      team: "a",
      feature: "x",
      region: "local",
      route: "assistant",
      stream: true,
      intendedMs: 100,
      sentMs: 100,
      firstByteMs: 110,
      firstTokenMs: 150,
      gapMsMax: 50,
      endMs: 200,
      end: "complete",
      status: 200,
      terminal: true,
      finishReason: "stop",
      errorCode: null,
      text: "one two",
      model: "m",
      claimedDeployment: "primary",
      usage: null,
    },
  ]);
});

test("replay: a JSON answer has no first token of its own", async () => {
  const body = JSON.stringify({ model: "m", choices: [{ message: { content: "one" }, finish_reason: "stop" }] });
  const { records } = await run({ headers: json, steps: [{ afterMs: 40, send: body.slice(0, 9) }, { afterMs: 1, send: body.slice(9) }] }, { arrivals: [arrival(0, 0, false)] });
  expect(records[0]).toMatchObject({ end: "complete", terminal: true, text: "one", firstTokenMs: null, endMs: 41 });
});

test("replay: an error answer to a stream is read as JSON", async () => {
  const { records } = await run({ status: 503, headers: json, steps: [{ afterMs: 1, send: '{"error":{"code":"all_failed"}}' }] });
  expect(records[0]).toMatchObject({ end: "complete", status: 503, errorCode: "all_failed", text: "", firstTokenMs: null });
});

test.each([
  ["refused", "refused"],
  ["dns", "refused"],
  ["connect_timeout", "connect_timeout"],
  ["reset", "reset"],
  ["closed_early", "closed_early"],
] as const)("replay: %s before the headers ends as %s", async (failure, end) => {
  const { records } = await run({ openAfterMs: 7, refuse: failure });
  expect(records[0]).toMatchObject({ end, endMs: 107, status: null, terminal: false, text: "", claimedDeployment: null });
});

test.each(["reset", "closed_early"] as const)("replay: %s inside a stream keeps the text that had come", async (failure) => {
  const { records } = await run({ steps: [{ afterMs: 10, send: word("one") }, { afterMs: 10, fail: failure }] });
  expect(records[0]).toMatchObject({ end: failure, status: 200, text: "one", firstTokenMs: 110, endMs: 120, terminal: false, claimedDeployment: "primary" });
});

test("replay: a stream that ends clean without [DONE] is complete by HTTP and not terminal", async () => {
  const { records } = await run({ steps: [{ afterMs: 10, send: `${word("one")}${finish}` }] });
  expect(records[0]).toMatchObject({ end: "complete", terminal: false, finishReason: "stop" });
});

test("replay: an in-band error is seen, with the text before it", async () => {
  const { records } = await run({ steps: [{ afterMs: 10, send: `${word("one")}data: {"error":{"code":"truncated"}}\n\n` }] });
  expect(records[0]).toMatchObject({ end: "complete", terminal: false, errorCode: "truncated", text: "one" });
});

test("replay: a client gives up after its timeout, while it waits for headers and inside a stream", async () => {
  const early = await run({ openAfterMs: 60_000 });
  expect(early.records[0]).toMatchObject({ end: "timeout", endMs: 5_100, status: null });
  const late = await run({ steps: [{ afterMs: 10, send: word("one") }, { afterMs: 60_000, send: word("two") }] });
  expect(late.records[0]).toMatchObject({ end: "timeout", endMs: 5_100, status: 200, text: "one" });
});

test("replay: the loop is open: a slow answer delays no other request", async () => {
  const arrivals = [0, 10, 20, 30].map((atMs, index) => arrival(index, atMs));
  const { records } = await run((id) => (id === "r-1-0" ? { openAfterMs: 60_000 } : { openAfterMs: 1, steps: [] }), { arrivals });
  expect(records.map((record) => [record.arrival, record.sentMs])).toEqual([
    [1, 10],
    [2, 20],
    [3, 30],
    [0, 0],
  ]);
});

test("replay: a stop aborts what is in flight and leaves out what was not due", async () => {
  const clock = new VirtualClock();
  const canceller = new Canceller();
  clock.at(1_000, () => canceller.cancel("Ctrl-C"));
  const arrivals = [arrival(0, 100), arrival(1, 900), arrival(2, 1_500)];
  const { records, summary } = await run((id) => (id === "r-1-0" ? { steps: [] } : { steps: [{ afterMs: 5, send: word("one") }, { afterMs: 500 }] }), {
    arrivals,
    signal: canceller.signal,
    clock,
  });
  expect(records.map((record) => [record.arrival, record.end])).toEqual([
    [0, "complete"],
    [1, "stopped"],
  ]);
  expect(records[1]).toMatchObject({ text: "one", endMs: 1_000 });
  expect(summary).toEqual({ sent: 2, dropped: 0, stoppedAtMs: 1_000 });
  expect(canceller.listenerCount).toBe(0);
});

test("replay: a signal that was cancelled before sends nothing; no arrivals is done at once", async () => {
  const canceller = new Canceller();
  canceller.cancel("Ctrl-C");
  expect((await run({}, { signal: canceller.signal })).summary).toEqual({ sent: 0, dropped: 0, stoppedAtMs: 0 });
  expect((await run({}, { arrivals: [] })).summary).toEqual({ sent: 0, dropped: 0, stoppedAtMs: null });
});

test("replay: above its limit it drops arrivals, and records them as dropped", async () => {
  const { records, summary } = await run({ openAfterMs: 50, steps: [] }, { arrivals: [arrival(0, 0), arrival(1, 1), arrival(2, 60)], inFlightMax: 1 });
  expect(records.map((record) => [record.arrival, record.end, record.sentMs])).toEqual([
    [1, "dropped", null],
    [0, "complete", 0],
    [2, "complete", 60],
  ]);
  expect(summary).toEqual({ sent: 2, dropped: 1, stoppedAtMs: null });
});

test("replay: each arrival gives one record, whatever the network does", async () => {
  const failure = fc.constantFrom<TransportFailure>("dns", "refused", "connect_timeout", "reset", "closed_early");
  const step = fc.oneof(
    fc.record({ afterMs: fc.nat(4_000), send: fc.constantFrom(word("one"), finish, "data: [DONE]\n\n", "data: {\n\n", "nonsense") }),
    fc.record({ afterMs: fc.nat(4_000), fail: failure }),
  );
  const script = fc.oneof(fc.record({ openAfterMs: fc.nat(9_000), refuse: failure }), fc.record({ openAfterMs: fc.nat(9_000), steps: fc.array(step, { maxLength: 5 }) }));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(3_000), script), { maxLength: 20 }), async (list) => {
      const sorted = [...list].sort((a, b) => a[0] - b[0]);
      const arrivals = sorted.map(([atMs], index) => arrival(index, atMs));
      const { records, summary, clock } = await run((id) => sorted[Number(id.slice("r-1-".length))]![1], { arrivals });
      expect(records.map((record) => record.arrival).sort((a, b) => a - b)).toEqual(arrivals.map((one) => one.index));
      expect(summary.sent).toBe(arrivals.length);
      for (const record of records) {
        expect(record.sentMs).toBe(record.intendedMs);
        expect(record.endMs - record.sentMs!).toBeLessThanOrEqual(5_000);
      }
      expect(clock.idle).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("replay: a bug in a transport is not a record but a rejection", async () => {
  const clock = new VirtualClock();
  const transport: Transport = { open: () => Promise.reject(new TypeError("bug")) };
  const done = replay({ clock, transport, arrivals: [arrival(0, 0)], targets: { local: ["http://127.0.0.1:9000"] }, keys: {}, timeoutMs: 1_000, emit: () => {} });
  const outcome = expect(done).rejects.toThrow("bug");
  await clock.run();
  await outcome;
});

test("missingFrom: names each target and key that the arrivals need", () => {
  expect(missingFrom({ targets: {}, keys: {} }, [arrival(0, 0), arrival(1, 1)])).toEqual(['target of region "local"', 'key of "a/x"']);
  expect(missingFrom({ targets: { local: ["http://127.0.0.1:9000"] }, keys: { "a/x": "k" } }, [arrival(0, 0)])).toEqual([]);
});
