import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { configOf, Rig } from "../core/testing/rig.ts";
import type { Script } from "../core/testing/scripts.ts";
import { dialects, fixturesOf } from "./support/gateway.ts";

/** Streams as providers really send them: with heartbeats, empty pieces, unknown events, and loose ends. */

type Dialect = (typeof dialects)[number];

const model = "m-1";
const anthropicEvent = (type: string, rest: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const namedEvent = anthropicEvent;
const openaiChunk = (rest: object) => `data: ${JSON.stringify({ id: "chatcmpl-up", object: "chat.completion.chunk", created: 1, model, ...rest })}\n\n`;

/** What means nothing anywhere. */
const heartbeats = [": keep-alive\n\n", ":\n\n", "event: ping\ndata: {}\n\n", "data: null\n\n", "data: {}\n\n", 'data: {"type":"ping"}\n\n', "event: heartbeat\ndata: x\n\n", "retry: 5\nid: 7\n\n", "data:\n\n"];

/** What means nothing in one format, and may come anywhere after its first event. */
const openaiNoise = [
  openaiChunk({ choices: [] }),
  openaiChunk({ choices: null }),
  openaiChunk({}),
  openaiChunk({ choices: [{ index: 0, delta: {}, finish_reason: null }] }),
  openaiChunk({ choices: [{ index: 0, delta: { content: "" }, finish_reason: null }] }),
  openaiChunk({ choices: [{ index: 0, delta: { content: null }, finish_reason: null }] }),
  openaiChunk({ model: "", id: "", choices: [{ index: 0, finish_reason: null, content_filter_offsets: { check_offset: 4 }, content_filter_results: {} }] }),
];
const noiseOf: Readonly<Record<Dialect, readonly string[]>> = {
  openai: openaiNoise,
  openai_responses: [namedEvent("response.in_progress", { response: { id: "resp_up", status: "in_progress" } }), namedEvent("response.novelty", { of: "2027" }), namedEvent("keepalive", { sequence_number: 3 })],
  openai_compatible: openaiNoise,
  anthropic: [anthropicEvent("ping"), anthropicEvent("novelty", { of: "2027" }), anthropicEvent("content_block_stop", { index: 17 })],
  gemini: [
    `data: ${JSON.stringify({ modelVersion: model, responseId: "r" })}\n\n`,
    `data: ${JSON.stringify({ modelVersion: model, candidates: [{ index: 0, content: { role: "model" } }] })}\n\n`,
    `data: ${JSON.stringify({ modelVersion: model, candidates: [{ index: 0, content: { role: "model", parts: [{ text: "" }] } }] })}\n\n`,
  ],
};

/** What a client of the chat format reads. */
async function readBy(dialect: Dialect, body: Script["body"]) {
  const clock = new VirtualClock();
  const script: Script = { before: [], status: 200, headers: { "content-type": "text/event-stream" }, body };
  const deployments = [{ name: "primary", dialect, model, baseUrl: "http://primary/v1", credential: "env:P" }];
  const rig = new Rig(clock, { primary: () => script }, configOf({ deployments, routes: [{ name: "alone", deployments: ["primary"] }] }));
  const request = { model: "alone", stream: true, messages: [{ role: "user", content: "Say it." }] };
  const reading = (async () => {
    const wire = { method: "POST", path: "/v1/chat/completions", headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(JSON.stringify(request)) };
    const response = await rig.gateway.handle(wire, neverSignal);
    let text = "";
    for await (const bytes of response.body) text += utf8Text(bytes);
    return text;
  })();
  await clock.run();
  return { ...clientView(await reading), asked: rig.transport.seen.length };
}

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string; readonly tool_calls?: readonly { readonly index: number; readonly function?: { readonly name?: string; readonly arguments?: string } }[] }; readonly finish_reason?: string | null }[];
  readonly error?: { readonly code: string };
}

function clientView(stream: string) {
  const lines = stream.split("\n").filter((line) => line.startsWith("data: "));
  const chunks = lines.filter((line) => line !== "data: [DONE]").map((line) => JSON.parse(line.slice("data: ".length)) as Chunk);
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  const calls: string[] = [];
  for (const { index, function: called } of choices.flatMap(({ delta }) => delta?.tool_calls ?? [])) calls[index] = `${calls[index] ?? ""}${called?.name ?? ""}${called?.arguments ?? ""}`;
  return {
    calls,
    text: choices.map(({ delta }) => delta?.content ?? "").join(""),
    finishes: choices.flatMap(({ finish_reason }) => (finish_reason ? [finish_reason] : [])),
    errors: chunks.flatMap(({ error }) => (error === undefined ? [] : [error.code])),
    isDone: lines.at(-1) === "data: [DONE]",
  };
}

/** The events of a stream as texts, each with its blank line. */
const eventsOf = (stream: string) => stream.split("\n\n").filter((event) => event !== "").map((event) => `${event}\n\n`);

function cut(text: string, size: number) {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) => ({ text: text.slice(index * size, (index + 1) * size) }));
}

const cases = dialects.flatMap((dialect) => (["text", "tools", "length"] as const).map((answer) => [dialect, answer] as const));

test.each(cases)("endings: %s, answer %s: noise anywhere, loose ends and any chunking change nothing", async (dialect, answer) => {
  const events = eventsOf(fixturesOf[dialect][answer].events);
  const clean = await readBy(dialect, [{ text: events.join("") }]);
  expect(clean).toMatchObject({ isDone: true, errors: [], asked: 1 });
  const noise = fc.constantFrom(...heartbeats, ...noiseOf[dialect]);
  const placed = fc.array(fc.tuple(fc.integer({ min: 1, max: events.length }), noise), { maxLength: 8 });
  const first = fc.array(fc.constantFrom(...heartbeats), { maxLength: 3 });
  const tail = fc.constantFrom("\n\n", "\n", "", "\r\n\r\n");
  await fc.assert(
    fc.asyncProperty(first, placed, tail, fc.integer({ min: 1, max: 300 }), async (before, noises, end, size) => {
      const stream = events.map((event, index) => event + noises.filter(([at]) => at === index + 1).map(([, text]) => text).join("")).join("");
      const body = before.join("") + stream.trimEnd() + end;
      expect(await readBy(dialect, cut(body, size))).toEqual(clean);
    }),
    { numRuns: 60 },
  );
});

/** The last word of the protocol, where it has one. */
const lastWord: Readonly<Record<Dialect, RegExp>> = { openai: /data: \[DONE\]\n\n$/, openai_compatible: /data: \[DONE\]\n\n$/, anthropic: /event: message_stop\n.*\n\n$/, openai_responses: /$/, gemini: /$/ };

test.each(cases)("endings: %s, answer %s: a complete HTTP message with a finish reason is whole without the protocol's last word", async (dialect, answer) => {
  const { events } = fixturesOf[dialect][answer];
  const clean = await readBy(dialect, [{ text: events }]);
  for (const tail of ["\n\n", "\n", ""]) expect(await readBy(dialect, [{ text: events.replace(lastWord[dialect], "").trimEnd() + tail }])).toEqual(clean);
});

const text = (content: string, finish: string | null = null) => openaiChunk({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
const geminiText = (content: string, finishReason?: string) => `data: ${JSON.stringify({ responseId: "r", modelVersion: model, candidates: [{ index: 0, content: { role: "model", parts: [{ text: content }] }, finishReason }] })}\n\n`;

test.each([
  ["openai", text("one", "stop") + text(" two") + "data: [DONE]\n\n"],
  ["openai_compatible", text("one", "stop") + text(" two") + "data: [DONE]\n\n"],
  ["gemini", geminiText("one", "STOP") + geminiText(" two")],
  ["gemini", geminiText("one", "STOP") + geminiText(" two", "STOP")],
] as const)("endings: %s: content after a finish is delivered", async (dialect, body) => {
  expect(await readBy(dialect, [{ text: body }])).toMatchObject({ text: "one two", finishes: ["stop"], isDone: true, errors: [] });
});

test.each(["openai", "openai_compatible"] as const)("endings: %s: [DONE] without a finish reason is no stop", async (dialect) => {
  expect(await readBy(dialect, [{ text: `${text("one")}data: [DONE]\n\n` }])).toMatchObject({ finishes: [], isDone: false, errors: [expect.any(String)] });
});

test.each([
  ["openai", openaiChunk({ choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] }) + openaiChunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }) + "data: [DONE]\n\n"],
  ["gemini", `data: ${JSON.stringify({ modelVersion: model, candidates: [{ index: 0, finishReason: "STOP" }] })}\n\n`],
  ["openai_responses", namedEvent("response.created", { response: { id: "r", model, status: "in_progress", output: [] } }) + namedEvent("response.completed", { response: { id: "r", model, status: "completed", output: [] } })],
  ["anthropic", anthropicEvent("message_start", { message: { id: "m", model, content: [], usage: { input_tokens: 1, output_tokens: 1 } } }) + anthropicEvent("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }) + anthropicEvent("message_stop")],
] as const)("endings: %s: an empty answer that its provider calls finished is an answer, asked for once", async (dialect, body) => {
  expect(await readBy(dialect, [{ text: body }])).toEqual({ text: "", calls: [], finishes: ["stop"], errors: [], isDone: true, asked: 1 });
});

test("endings: an event named error is one, though what it holds has no mark of an error", async () => {
  const failing = 'event: error\ndata: {"message":"internal","type":"server_error"}\n\n';
  expect(await readBy("openai_compatible", [{ text: text("one") }, { waitMs: 5 }, { text: `${failing}${openaiChunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}data: [DONE]\n\n` }])).toMatchObject({ finishes: [], isDone: false, errors: [expect.any(String)] });
});

test("endings: an error with nothing in it, beside each chunk, is none", async () => {
  for (const error of [{}, { message: "", type: "", param: "", code: null }]) {
    const body = openaiChunk({ choices: [{ index: 0, delta: { content: "one" }, finish_reason: null }], error }) + openaiChunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], error });
    expect(await readBy("openai_compatible", [{ text: `${body}data: [DONE]\n\n` }])).toMatchObject({ text: "one", finishes: ["stop"], isDone: true, errors: [] });
  }
});

test("endings: an answer that comes whole, as one event of a stream, is delivered", async () => {
  const whole = `data: ${JSON.stringify({ id: "c", object: "chat.completion", created: 1, model, choices: [{ index: 0, message: { role: "assistant", content: "one" }, finish_reason: "stop" }] })}\n\n`;
  expect(await readBy("openai_compatible", [{ text: `${whole}data: [DONE]\n\n` }])).toMatchObject({ text: "one", finishes: ["stop"], isDone: true, asked: 1 });
});

const thought = (piece: string): Readonly<Record<Dialect, string>> => ({
  openai: openaiChunk({ choices: [{ index: 0, delta: { reasoning_content: piece }, finish_reason: null }] }),
  openai_responses: namedEvent("response.reasoning_summary_text.delta", { item_id: "rs", output_index: 0, summary_index: 0, delta: piece }),
  openai_compatible: openaiChunk({ choices: [{ index: 0, delta: { reasoning: piece }, finish_reason: null }] }),
  anthropic: anthropicEvent("content_block_delta", { index: 0, delta: { type: "thinking_delta", thinking: piece } }),
  gemini: `data: ${JSON.stringify({ modelVersion: model, candidates: [{ index: 0, content: { role: "model", parts: [{ text: piece, thought: true }] } }] })}\n\n`,
});

test.each(dialects)("endings: %s: thinking aloud is progress, with a deadline of its own", async (dialect) => {
  const [opening, ...rest] = eventsOf(fixturesOf[dialect].text.events);
  const thinking = (count: number, gapMs: number) => Array.from({ length: count }, (_, index) => [{ waitMs: gapMs }, { text: thought(`step ${index} `)[dialect] }]).flat();
  const clean = await readBy(dialect, [{ text: fixturesOf[dialect].text.events }]);
  const body = (count: number, gapMs: number) => [{ text: dialect === "gemini" ? "" : opening! }, ...thinking(count, gapMs), { text: (dialect === "gemini" ? [opening!, ...rest] : rest).join("") }];
  expect(await readBy(dialect, body(6, 9_000))).toEqual(clean);
  expect(await readBy(dialect, body(2, 11_000))).toMatchObject({ text: "", isDone: false });
});
