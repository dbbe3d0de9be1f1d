import { expect, test } from "vitest";
import type { Dialect } from "../../kernel/chat.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { PlannedEffect } from "../../kernel/effects.ts";
import { messageDigest } from "../../kernel/mark.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import { TransportError, type WireRequest } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { providerDialects } from "../dialects/dialects.ts";
import { BrokenHead } from "./broken-head.ts";
import { chatRequest, configOf } from "./examples.ts";
import { createSimulator } from "./simulator.ts";

interface Seen {
  readonly status: number | null;
  readonly contentType: string | undefined;
  readonly chunks: readonly { readonly atMs: number; readonly text: string }[];
  readonly text: string;
  readonly broken: TransportError | null;
}

/** Serves one attempt under one effect until it ends in any way. */
async function play(effect: PlannedEffect, request: WireRequest, options: { dialect?: Dialect; leaveMs?: number } = {}) {
  const { dialect = "openai", leaveMs } = options;
  const clock = new VirtualClock();
  const records: WireRecord[] = [];
  const base = configOf({ effects: [effect] });
  const config = { ...base, deployment: { ...base.deployment, dialect } };
  const simulator = createSimulator({ clock, config, tap: { emit: (record) => void records.push(record) }, dialect: providerDialects[dialect] });
  const canceller = new Canceller();
  if (leaveMs !== undefined) clock.at(leaveMs, () => canceller.cancel("left"));
  const reading = read(clock, () => simulator.handle(request, leaveMs === undefined ? neverSignal : canceller.signal));
  await clock.run();
  const seen = await reading;
  expect(records).toHaveLength(1);
  expect(simulator.openAttempts()).toBe(0);
  return { seen, record: records[0]!, endedMs: clock.nowMs() };
}

async function read(clock: VirtualClock, handle: () => ReturnType<ReturnType<typeof createSimulator>["handle"]>): Promise<Seen> {
  const chunks: { atMs: number; text: string }[] = [];
  let [status, contentType]: [number | null, string | undefined] = [null, undefined];
  let broken: TransportError | null = null;
  try {
    const response = await handle();
    [status, contentType] = [response.status, response.headers["content-type"]];
    for await (const chunk of response.body) chunks.push({ atMs: clock.nowMs(), text: utf8Text(chunk) });
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    broken = error;
  }
  return { status, contentType, chunks, text: chunks.map(({ text }) => text).join(""), broken };
}

const streaming = chatRequest("r1", { stream: true });
const whole = chatRequest("r1");
const intact = (request: WireRequest) => play({ kind: "stall", share: 0 }, request);
const wordsIn = (text: string) => [...text.matchAll(/"content":" ?((?:zq|zx|y)\w+)"/g)].map((match) => match[1]!);
const terminal = "data: [DONE]\n\n";

test("fail_first: each request fails so many times and is then answered", async () => {
  const clock = new VirtualClock();
  const config = configOf({ effects: [{ kind: "fail_first", times: 2, status: 500 }] });
  const simulator = createSimulator({ clock, config, tap: { emit: () => {} }, dialect: providerDialects.openai });
  const statuses = (async () => {
    const all: number[] = [];
    for (const id of ["r1", "r1", "r2", "r1", "r2", "r2"]) all.push((await simulator.handle(chatRequest(id), neverSignal)).status);
    return all;
  })();
  await clock.run();
  expect(await statuses).toEqual([500, 500, 500, 200, 500, 200]);
});

test("malformed: one event of a stream is not JSON, all others are complete", async () => {
  const { seen, record } = await play({ kind: "malformed" }, streaming);
  const events = seen.text.trimEnd().split("\n\n").slice(0, -1).map((event) => event.slice("data: ".length));
  const broken = events.filter((event) => ((text) => { try { JSON.parse(text); return false; } catch { return true; } })(event));
  expect(broken).toHaveLength(1);
  expect(seen.text.endsWith(terminal)).toBe(true);
  expect(record).toMatchObject({ fate: "answer", effect: "malformed", status: 200, end: "sent", tokensSent: 7 });
});

test("malformed: a JSON answer is cut in half, and complete by its content-length", async () => {
  const { seen } = await play({ kind: "malformed" }, whole);
  expect(seen.broken).toBeNull();
  expect(() => JSON.parse(seen.text) as unknown).toThrow(SyntaxError);
});

test("duplicated: one word is sent twice at once", async () => {
  const { seen } = await play({ kind: "duplicated" }, streaming);
  const words = wordsIn(seen.text);
  expect(words).toHaveLength(8);
  expect(new Set(words).size).toBe(7);
  const twice = words.findIndex((word, index) => word === words[index + 1]);
  expect(twice).toBeGreaterThan(0);
});

test("reordered: two adjacent events are swapped, and their times are not", async () => {
  const [{ seen }, plain] = [await play({ kind: "reordered" }, streaming), await intact(streaming)];
  const [words, sorted] = [wordsIn(seen.text), wordsIn(plain.seen.text)];
  const moved = sorted.flatMap((word, index) => (words[index] === word ? [] : [index]));
  expect(moved).toHaveLength(2);
  expect(moved[1]).toBe(moved[0]! + 1);
  expect([...words].sort()).toEqual([...sorted].sort());
  expect(seen.chunks.map(({ atMs }) => atMs)).toEqual(plain.seen.chunks.map(({ atMs }) => atMs));
});

test("keep_alive: comments once a second and no word, until the connection is closed after a quarter of an hour", async () => {
  const { seen, record, endedMs } = await play({ kind: "keep_alive" }, streaming);
  expect(seen.chunks.slice(1).every(({ text }) => text === ": keep-alive\n\n")).toBe(true);
  expect(seen.chunks).toHaveLength(901);
  expect(seen.broken?.kind).toBe("closed_early");
  expect(endedMs).toBeGreaterThan(900_000);
  expect(record).toMatchObject({ tokensSent: 0, end: "broken" });
});

test.each([
  ["anthropic", /^event: ping\n/],
  ["bedrock", null],
] as const)("keep_alive: those of %s have their own form", async (dialect, pattern) => {
  const question = providerDialects[dialect].question({ model: "gpt-test", text: "hello", maxTokens: 2, stream: true });
  const { seen } = await play({ kind: "keep_alive" }, question, { dialect, leaveMs: 10_000 });
  const idle = seen.chunks.slice(1);
  if (pattern === null) expect(idle).toEqual([]);
  else for (const { text } of idle) expect(text).toMatch(pattern);
  expect(seen.broken?.kind).toBe("aborted");
});

test("keep_alive: blank lines are sent before a JSON answer, the first long before the answer would be ready", async () => {
  const { seen, record } = await play({ kind: "keep_alive" }, whole, { leaveMs: 5_000 });
  expect(seen.text).toMatch(/^\n{4}$/);
  expect(record).toMatchObject({ status: 200, end: "caller_gone", tokensSent: 0 });
});

test("slow_drip: all bytes, no faster than the rate", async () => {
  for (const request of [streaming, whole]) {
    const [{ seen, record }, plain] = [await play({ kind: "slow_drip", bytesPerSecond: 100 }, request), await intact(request)];
    expect(seen.text).toBe(plain.seen.text);
    const first = seen.chunks[0]!.atMs;
    seen.chunks.reduce((bytes, { atMs, text }) => {
      expect(bytes).toBeLessThanOrEqual(((atMs - first) / 1000) * 100 + 10);
      return bytes + text.length;
    }, 0);
    expect(record).toMatchObject({ end: "sent", tokensSent: 7 });
  }
});

test("empty_200: status 200 without a byte", async () => {
  for (const [request, contentType] of [[streaming, /event-stream/], [whole, /json/]] as const) {
    const { seen, record } = await play({ kind: "empty_200" }, request);
    expect(seen).toMatchObject({ status: 200, text: "", broken: null, contentType: expect.stringMatching(contentType) });
    expect(record).toMatchObject({ effect: "empty_200", status: 200, answerId: null, tokensGenerated: 0, end: "sent" });
  }
});

test("html_200: a page instead of an answer, for a stream too", async () => {
  for (const request of [streaming, whole]) {
    const { seen } = await play({ kind: "html_200" }, request);
    expect(seen).toMatchObject({ status: 200, contentType: "text/html; charset=utf-8", text: expect.stringMatching(/^<!DOCTYPE html>/), broken: null });
  }
});

test("error_mid_stream: words, then the provider's error, and no terminal event", async () => {
  const { seen, record } = await play({ kind: "error_mid_stream", status: 503 }, streaming);
  const words = wordsIn(seen.text).length;
  expect(words).toBeGreaterThan(0);
  expect(words).toBeLessThan(7);
  expect(seen.chunks.at(-1)!.text).toMatch(/^data: \{"error":\{.*"server_is_overloaded"/);
  expect(seen.text).not.toContain("[DONE]");
  expect(record).toMatchObject({ fate: "answer", effect: "error_mid_stream", tokensSent: words, end: "sent" });
});

test("contract_drift: one field has another name, and nothing else changes", async () => {
  for (const request of [streaming, whole]) {
    const [{ seen }, plain] = [await play({ kind: "contract_drift" }, request), await intact(request)];
    expect(seen.text).not.toContain('"choices":');
    expect(seen.text.replaceAll('"outputs":', '"choices":')).toBe(plain.seen.text);
  }
});

test("wrong_usage: counts are ten times the truth; the record has the truth", async () => {
  const { seen, record } = await play({ kind: "wrong_usage" }, whole);
  expect(JSON.parse(seen.text)).toMatchObject({ usage: { prompt_tokens: 30, completion_tokens: 70, total_tokens: 100 } });
  expect(record).toMatchObject({ inputTokens: 3, tokensSent: 7 });
});

test("mixed_up: the answer to the latest other question, marks and words; without another, one's own", async () => {
  const clock = new VirtualClock();
  const records: WireRecord[] = [];
  const config = configOf({ effects: [{ kind: "mixed_up" }] });
  const simulator = createSimulator({ clock, config, tap: { emit: (record) => void records.push(record) }, dialect: providerDialects.openai });
  const ask = (id: string, content: string) => read(clock, () => simulator.handle(chatRequest(id, { messages: [{ role: "user", content }], max_tokens: 2 }), neverSignal));
  const reading = (async () => [await ask("r1", "one"), await ask("r2", "two"), await ask("r3", "two"), await ask("r4", "one")])();
  await clock.run();
  await reading;
  const digest = (content: string) => messageDigest("key", content);
  expect(records.map((record) => [record.effect, record.digest])).toEqual([
    [undefined, digest("one")],
    ["mixed_up", digest("one")],
    ["mixed_up", digest("one")],
    ["mixed_up", digest("two")],
  ]);
});

test("model_withdrawn: the model is not found", async () => {
  const { seen, record } = await play({ kind: "model_withdrawn" }, whole);
  expect(seen).toMatchObject({ status: 404, text: expect.stringContaining("model_not_found") });
  expect(record).toMatchObject({ fate: "error", effect: "model_withdrawn", status: 404 });
});

test("half_open: no status, no byte, no end; a caller that disconnects is recorded", async () => {
  const { seen, record } = await play({ kind: "half_open" }, streaming, { leaveMs: 60_000 });
  expect(seen).toMatchObject({ status: null, chunks: [], broken: { kind: "aborted" } });
  expect(record).toMatchObject({ effect: "half_open", status: null, end: "caller_gone", endedMs: 60_000 });
});

test("stall: some words, and then nothing without an end", async () => {
  for (const request of [streaming, whole]) {
    const { seen, record } = await play({ kind: "stall" }, request, { leaveMs: 60_000 });
    expect(seen.status).toBe(200);
    expect(record.tokensSent).toBeGreaterThan(0);
    expect(record.tokensSent).toBeLessThan(7);
    expect(seen.text).not.toContain("[DONE]");
    expect(record).toMatchObject({ end: "caller_gone", endedMs: 60_000 });
  }
});

test("reset_mid_header: a reset, with the head that a socket sends before it", async () => {
  const { seen, record } = await play({ kind: "reset_mid_header" }, streaming);
  expect(seen.broken).toBeInstanceOf(BrokenHead);
  expect(seen.broken).toMatchObject({ kind: "reset", status: 200, headers: { "content-type": expect.stringMatching(/event-stream/) } });
  expect(record).toMatchObject({ effect: "reset_mid_header", status: null, end: "broken" });
});

test("clean_end: the HTTP message is complete, without the terminal event", async () => {
  const { seen, record } = await play({ kind: "clean_end" }, streaming);
  expect(seen.broken).toBeNull();
  expect(seen.text).not.toMatch(/\[DONE\]|"finish_reason":"stop"/);
  expect(record.tokensSent).toBe(wordsIn(seen.text).length);
  expect(record).toMatchObject({ effect: "clean_end", end: "sent" });
});

test("error_first: only the error, in a stream's event or in the body of a 200", async () => {
  for (const request of [streaming, whole]) {
    const { seen, record } = await play({ kind: "error_first" }, request);
    expect(seen.status).toBe(200);
    expect(seen.text).toMatch(/^(data: )?\{"error":\{/);
    expect(record).toMatchObject({ effect: "error_first", answerId: null, end: "sent" });
  }
});

test("effects: the same request has the same effect at concurrency 1 and at 200", async () => {
  const effects: readonly PlannedEffect[] = [{ kind: "stall", share: 0.1 }, { kind: "malformed", share: 0.3 }, { kind: "empty_200", share: 0.2 }, { kind: "error_mid_stream", share: 0.2 }];
  const effectsAt = async (concurrency: number) => {
    const clock = new VirtualClock();
    const found = new Map<string, string | undefined>();
    const tap = { emit: (record: WireRecord) => void found.set(record.requestId, record.effect) };
    const simulator = createSimulator({ clock, config: configOf({ effects }), tap, dialect: providerDialects.openai });
    const waiting = Array.from({ length: 400 }, (_, index) => chatRequest(`r${index}`, { stream: index % 2 === 0 }));
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await read(clock, () => simulator.handle(next!, neverSignal));
    };
    const all = Promise.all(Array.from({ length: concurrency }, worker));
    await clock.run();
    await all;
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  };
  const one = await effectsAt(1);
  expect(new Set(one.map(([, effect]) => effect)).size).toBe(5);
  expect(await effectsAt(200)).toEqual(one);
});
