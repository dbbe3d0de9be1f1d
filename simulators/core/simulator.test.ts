import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import { TransportError, type WireRequest } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { openaiDialect } from "../dialects/openai.ts";
import { chatRequest, configOf, exampleDeployment } from "./examples.ts";
import { drawSchedule } from "./latency.ts";
import { createSimulator } from "./simulator.ts";

function simulate(...phases: readonly Partial<PlannedPhase>[]) {
  const clock = new VirtualClock();
  const records: WireRecord[] = [];
  const tap = { emit: (record: WireRecord) => void records.push(record) };
  const simulator = createSimulator({ clock, config: configOf(...phases), tap, dialect: openaiDialect });
  return { clock, records, simulator };
}

type World = ReturnType<typeof simulate>;

interface Seen {
  readonly status: number | null;
  readonly chunks: readonly { readonly atMs: number; readonly text: string }[];
  readonly broken: string | null;
}

/** Sends a request and reads the answer to its end. Records when each chunk arrived. */
async function read({ clock, simulator }: World, request: WireRequest, signal = neverSignal): Promise<Seen> {
  const chunks: { atMs: number; text: string }[] = [];
  let status: number | null = null;
  try {
    const response = await simulator.handle(request, signal);
    status = response.status;
    for await (const chunk of response.body) chunks.push({ atMs: clock.nowMs(), text: utf8Text(chunk) });
    return { status, chunks, broken: null };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { status, chunks, broken: error.kind };
  }
}

async function readAll(world: World, ...requests: readonly WireRequest[]): Promise<Seen[]> {
  const all = Promise.all(requests.map((request) => read(world, request)));
  await world.clock.run();
  return all;
}

const key = (requestId: string, ordinal = 0) => ({ seed: 7, deployment: "primary", requestId, ordinal });
const stream = { stream: true };

test("createSimulator: a stream sends each word when the latency model generates it", async () => {
  const world = simulate();
  const [seen] = await readAll(world, chatRequest("r1", stream));
  const schedule = drawSchedule(key("r1"), exampleDeployment.latency, null, 7);
  const times = [schedule.acceptedMs, ...schedule.wordMs, schedule.wordMs.at(-1)!];
  expect(seen!.chunks.map((chunk) => chunk.atMs)).toEqual(times.map((atMs) => expect.closeTo(atMs, 1)));
  expect(seen!.chunks.at(-1)!.text).toMatch(/data: \[DONE\]\n\n$/);
});

test("createSimulator: a JSON answer takes as long as its stream", async () => {
  const [streamed] = await readAll(simulate(), chatRequest("r1", stream));
  const [whole] = await readAll(simulate(), chatRequest("r1"));
  expect(whole!.chunks[0]!.atMs).toBeCloseTo(streamed!.chunks.at(-1)!.atMs, 1);
});

test("createSimulator: one record for each attempt, with the words sent", async () => {
  const world = simulate({ errorRate: 0 });
  await readAll(world, chatRequest("r1", stream));
  expect(world.records).toMatchObject([
    { deployment: "primary", requestId: "r1", identity: "header", ordinal: 0, arrivedMs: 0, incident: "test", phase: 0 },
  ]);
  expect(world.records[0]).toMatchObject({ fate: "answer", status: 200, stream: true, model: "gpt-test", tokensGenerated: 7, tokensSent: 7, end: "sent" });
  expect(world.records[0]!.endedMs).toBe(world.clock.nowMs());
  expect(world.simulator.openAttempts()).toBe(0);
});

test("createSimulator: the phase at arrival decides, not a later one", async () => {
  const world = simulate({ toMs: 10, errorRate: 1, statusMix: { 503: 1 } }, { fromMs: 10 });
  const [first] = await readAll(world, chatRequest("r1"));
  const [second] = await readAll(world, chatRequest("r1"));
  expect([first!.status, second!.status]).toEqual([503, 200]);
  expect(world.records.map((record) => [record.phase, record.ordinal, record.fate])).toEqual([
    [0, 0, "error"],
    [1, 1, "answer"],
  ]);
});

test("createSimulator: errors are sent after a short delay, not after the latency of an answer", async () => {
  const world = simulate({ errorRate: 1, statusMix: { 500: 1 }, latencyFactor: 100 });
  const [seen] = await readAll(world, chatRequest("r1"));
  expect(seen!.chunks[0]!.atMs).toBeGreaterThanOrEqual(50);
  expect(seen!.chunks[0]!.atMs).toBeLessThan(150);
  expect(world.records).toMatchObject([{ fate: "error", status: 500, tokensGenerated: 0, answerId: null, end: "sent" }]);
});

test("createSimulator: reset and dns break the connection before any header", async () => {
  const world = simulate({ errorRate: 1, statusMix: { reset: 0.5, dns: 0.5 } });
  const seen = await readAll(world, chatRequest("r1"), chatRequest("r2"), chatRequest("r3"));
  expect(seen.map(({ status, broken }) => [status, broken])).toEqual([1, 2, 3].map(() => [null, "reset"]));
  expect(world.records.map((record) => [record.fate, record.status, record.end])).toEqual([1, 2, 3].map(() => ["reset", null, "broken"]));
});

test("createSimulator: timeout never answers; the connection is closed after two minutes", async () => {
  const world = simulate({ errorRate: 1, statusMix: { timeout: 1 } });
  const [seen] = await readAll(world, chatRequest("r1"));
  expect(seen).toEqual({ status: null, chunks: [], broken: "closed_early" });
  expect(world.records).toMatchObject([{ fate: "timeout", status: null, endedMs: 120_000, end: "broken" }]);
});

test("createSimulator: a truncated stream stops between its first and last word, without terminal event", async () => {
  const world = simulate({ streamTruncationRate: 1 });
  const seen = await readAll(world, ...Array.from({ length: 40 }, (_, index) => chatRequest(`r${index}`, stream)));
  expect(new Set(seen.map(({ broken }) => broken))).toEqual(new Set(["reset", "closed_early"]));
  const words = seen.map(({ chunks }) => chunks.length - 1);
  expect(Math.min(...words)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...words)).toBeLessThanOrEqual(6);
  expect(new Set(words).size).toBeGreaterThan(3);
  for (const { chunks } of seen) expect(chunks.map((chunk) => chunk.text).join("")).not.toMatch(/DONE|"stop"/);
  const sent = new Map(world.records.map((record) => [record.requestId, record]));
  seen.forEach((_, index) => expect(sent.get(`r${index}`)).toMatchObject({ fate: "truncate", status: 200, end: "broken", tokensSent: words[index] }));
});

test("createSimulator: a truncated JSON answer is shorter than its content-length, and the record has the words sent", async () => {
  const world = simulate({ streamTruncationRate: 1 });
  const response = world.simulator.handle(chatRequest("r1"), neverSignal);
  await world.clock.run();
  const { headers, body } = await response;
  let text = "";
  await expect(async () => {
    for await (const chunk of body) text += utf8Text(chunk);
  }).rejects.toMatchObject({ kind: "closed_early" });
  expect(text.length).toBeLessThan(Number(headers["content-length"]));
  const content = text.slice(text.indexOf('"content":"') + 11);
  expect(world.records[0]).toMatchObject({ fate: "truncate", end: "broken", tokensGenerated: 7, tokensSent: content.split(" ").length });
});

test("createSimulator: a caller that disconnects ends the work at once, and the record counts the generated words", async () => {
  for (const body of [stream, {}]) {
    const world = simulate();
    const canceller = new Canceller();
    const { wordMs } = drawSchedule(key("r1"), exampleDeployment.latency, null, 7);
    const leaveMs = (wordMs[2]! + wordMs[3]!) / 2;
    world.clock.at(leaveMs, () => canceller.cancel("left"));
    const seen = read(world, chatRequest("r1", body), canceller.signal);
    await world.clock.run();
    expect((await seen).broken).toBe("aborted");
    expect(world.records).toMatchObject([{ end: "caller_gone", tokensGenerated: 3, tokensSent: body === stream ? 3 : 0 }]);
    expect(world.records[0]!.endedMs).toBeCloseTo(leaveMs, 2);
    expect(world.clock.nowMs()).toBe(world.records[0]!.endedMs);
  }
});

test("createSimulator: nothing stays subscribed to a caller whose answer is complete", async () => {
  for (const body of [stream, {}]) {
    const world = simulate();
    const canceller = new Canceller();
    const seen = read(world, chatRequest("r1", body), canceller.signal);
    expect(canceller.listenerCount).toBeGreaterThan(0);
    await world.clock.run();
    expect((await seen).broken).toBeNull();
    expect(canceller.listenerCount).toBe(0);
  }
});

test("createSimulator: a caller that disconnects during a timeout or a pending error is recorded as gone too", async () => {
  for (const statusMix of [{ timeout: 1 }, { 500: 1 }, { reset: 1 }]) {
    const world = simulate({ errorRate: 1, statusMix });
    const canceller = new Canceller();
    world.clock.at(20, () => canceller.cancel("left"));
    const seen = read(world, chatRequest("r1"), canceller.signal);
    await world.clock.run();
    expect(await seen).toMatchObject({ status: null, broken: "aborted" });
    expect(world.records).toMatchObject([{ end: "caller_gone", status: null, endedMs: 20 }]);
    expect(world.clock.nowMs()).toBe(20);
  }
});

test("createSimulator: a body that is abandoned early is caller_gone; one abandoned after its last byte was sent", async () => {
  for (const [chunks, end] of [[3, "caller_gone"], [9, "sent"]] as const) {
    const world = simulate();
    const reading = (async () => {
      const { body } = await world.simulator.handle(chatRequest("r1", stream), neverSignal);
      let count = 0;
      for await (const _ of body) if (++count === chunks) break;
    })();
    await world.clock.run();
    await reading;
    expect(world.records.map((record) => record.end)).toEqual([end]);
  }
});

test("createSimulator: words are generated while a slow reader is busy, and are waste if it then disconnects", async () => {
  const world = simulate();
  const { wordMs } = drawSchedule(key("r1"), exampleDeployment.latency, null, 7);
  const reading = (async () => {
    const { body } = await world.simulator.handle(chatRequest("r1", stream), neverSignal);
    let count = 0;
    for await (const _ of body) {
      if (++count < 2) continue;
      await world.clock.sleep(wordMs.at(-1)!);
      break;
    }
  })();
  await world.clock.run();
  await reading;
  expect(world.records).toMatchObject([{ end: "caller_gone", tokensGenerated: 7, tokensSent: 1 }]);
});

test("createSimulator: stop breaks open attempts once", async () => {
  const world = simulate();
  const seen = read(world, chatRequest("r1", stream));
  world.clock.at(60, () => {
    expect(world.simulator.openAttempts()).toBe(1);
    world.simulator.stop();
    world.simulator.stop();
  });
  await world.clock.run();
  expect((await seen).broken).toBe("aborted");
  expect(world.records).toMatchObject([{ end: "broken", endedMs: 60 }]);
  expect(world.simulator.openAttempts()).toBe(0);
});

test("createSimulator: other_model shows in the record and in the body; garbled only in the words", async () => {
  for (const [wrongOutputKind, model] of [["other_model", "gpt-other"], ["garbled", "gpt-test"]] as const) {
    const world = simulate({ wrongOutputRate: 1, wrongOutputKind });
    const [seen] = await readAll(world, chatRequest("r1"));
    expect(JSON.parse(seen!.chunks[0]!.text)).toMatchObject({ model });
    expect(world.records).toMatchObject([{ fate: "wrong", model, status: 200, end: "sent" }]);
  }
});

test.each([
  { name: "no credentials", request: { ...chatRequest("r1"), headers: { "x-client-request-id": "r1" } }, status: 401 },
  { name: "no JSON", request: { ...chatRequest("r1"), body: new Uint8Array([1]) }, status: 400 },
  { name: "another model", request: chatRequest("r1", { model: "gpt-none" }), status: 404 },
])("createSimulator: $name is refused and recorded, incident or not", async ({ request, status }) => {
  for (const phase of [{}, { errorRate: 1, statusMix: { 503: 1 } }]) {
    const world = simulate(phase);
    expect((await readAll(world, request))[0]!.status).toBe(status);
    expect(world.records).toMatchObject([{ requestId: "r1", fate: "error", status, answerId: null, end: "sent" }]);
  }
});

test("createSimulator: models are listed, other paths are 404, and neither is an attempt", async () => {
  const world = simulate({ errorRate: 1, statusMix: { 503: 1 } });
  const models = { ...chatRequest("r1"), method: "GET", path: "/v1/models?limit=1" };
  const [listed, unknown, wrongMethod] = await readAll(world, models, { ...models, path: "/v1/none" }, { ...models, path: "/v1/chat/completions" });
  expect(JSON.parse(listed!.chunks[0]!.text)).toMatchObject({ object: "list", data: [{ id: "gpt-test", object: "model" }] });
  expect([listed!.status, unknown!.status, wrongMethod!.status]).toEqual([200, 404, 404]);
  expect(world.records).toEqual([]);
});

test("createSimulator: the same seed gives the same records at concurrency 1 and at 200", async () => {
  const phase = {
    errorRate: 0.3,
    statusMix: { 429: 0.4, 503: 0.3, reset: 0.2, timeout: 0.1 },
    streamTruncationRate: 0.2,
    wrongOutputRate: 0.2,
  };
  const requests = Array.from({ length: 400 }, (_, index) => chatRequest(`r${index}`, { stream: index % 2 === 0 }));
  const play = async (concurrency: number) => {
    const world = simulate(phase);
    const waiting = [...requests];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await read(world, next);
    };
    const all = Promise.all(Array.from({ length: concurrency }, worker));
    await world.clock.run();
    await all;
    // Times differ with the queue; how long each took does not.
    const facts = world.records.map(({ arrivedMs, endedMs, ...rest }) => ({ ...rest, tookMs: Math.round((endedMs - arrivedMs) * 100) / 100 }));
    return facts.sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
  };
  const one = await play(1);
  expect(new Set(one.map((record) => record.fate)).size).toBe(6);
  const many = await play(200);
  expect(many).toEqual(one.map((record) => ({ ...record, tookMs: expect.closeTo(record.tookMs, 1) })));
});
