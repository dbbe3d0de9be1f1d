import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../kernel/chat.ts";
import { bodyOf } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { type Batches, eventsOf } from "../core/batches.ts";
import { collected, type Collected } from "../core/collect.ts";
import { ContractBreach, MalformedAnswer } from "../core/contracts.ts";
import { upstreamDialects } from "../dialects/upstreams.ts";
import type { Fixtures } from "./fixtures/fixture.ts";
import { geminiEmbeddings } from "./fixtures/gemini.ts";
import { openaiEmbeddings } from "./fixtures/openai.ts";
import { dialects, fixturesOf } from "./support/gateway.ts";

type Dialect = (typeof dialects)[number];

function answerOf(dialect: Dialect, text: string, stream: boolean): Batches {
  const headers = { "content-type": stream ? "text/event-stream" : "application/json" };
  return upstreamDialects[dialect].decodeAnswer({ status: 200, headers, body: bodyOf(utf8Bytes(text)) }, stream, { model: "m-1" });
}

const collect = async (batches: Batches) => collected(await eventsOf(batches));
const whole = (dialect: Dialect, body: object) => collect(answerOf(dialect, JSON.stringify(body), false));

/** A change of one place: the field is gone, or its value is of another type. */
interface Change {
  readonly path: string;
  readonly body: object;
}

function* changesOf(value: Json, path = "", rebuild: (value: Json | undefined) => Json | undefined = (same) => same): Generator<Change> {
  const changed = (next: Json | undefined): Change => ({ path, body: rebuild(next) as object });
  if (path !== "") yield changed(retyped(value));
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* changesOf(item as Json, `${path}[${index}]`, (next) => rebuild(value.with(index, next) as Json));
  } else if (typeof value === "object" && value !== null) {
    const object = value as JsonObject;
    for (const name of Object.keys(object)) {
      const { [name]: _, ...without } = object;
      const at = path === "" ? name : `${path}.${name}`;
      yield { path: at, body: rebuild(without) as object };
      yield* changesOf(object[name]!, at, (next) => rebuild({ ...object, [name]: next as Json }));
    }
  }
}

function retyped(value: Json): Json {
  if (typeof value === "string") return 7;
  if (Array.isArray(value)) return {};
  return typeof value === "object" && value !== null ? "text" : "text";
}

const cases = ["text", "tools", "structured", "length"] as const satisfies readonly (keyof Fixtures)[];

/** What a client would see of an answer. An answer without content is none: the gateway refuses it as malformed. */
function seenOf({ text, toolCalls, finishReason }: Collected) {
  return text === "" && toolCalls.length === 0 ? "refused" : { text, toolCalls, finishReason };
}

async function seenOrRefused(dialect: Dialect, body: object) {
  try {
    return seenOf(await whole(dialect, body));
  } catch (error) {
    if (error instanceof MalformedAnswer) return "refused";
    throw error;
  }
}

/**
 * What cannot be distinguished from an intended answer: what the model itself writes into a call; a call of Gemini's
 * that is missing beside its signature, and a thought that is not marked; nearly all that the many servers of the
 * compatible kind leave out as they like.
 */
const undetectable: Readonly<Record<Dialect, RegExp>> = {
  openai: /^$/,
  openai_responses: /^$/,
  openai_compatible: /\.(content|id|finish_reason|tool_calls|arguments)$/,
  anthropic: /\.input\./,
  gemini: /parts\[2\]\.functionCall$|\.(args|id|thought)$|\.args\./,
};

test.each(dialects.flatMap((dialect) => cases.map((name) => [dialect, name] as const)))("%s, %s: whatever one place of the answer turns into, it is refused or says the same", async (dialect, name) => {
  const body = fixturesOf[dialect][name].json as Json;
  const original = seenOf(await whole(dialect, body as object));
  const changes = [...changesOf(body)];
  let refused = 0;
  for (const { path, body: changed } of changes) {
    const seen = await seenOrRefused(dialect, changed);
    if (seen === "refused") refused++;
    else if (!undetectable[dialect].test(path)) expect(seen, path).toEqual(original);
  }
  expect(changes.length).toBeGreaterThan(10);
  expect(refused).toBeGreaterThan(4);
});

const named = (dialect: Dialect, name: keyof Fixtures, from: string, to: string) => ({ dialect, text: JSON.stringify(fixturesOf[dialect][name].json), from, to, stream: false });
const streamed = (dialect: Dialect, name: keyof Fixtures, from: string, to: string) => ({ dialect, text: fixturesOf[dialect][name].events, from, to, stream: true });

/** Renamed fields and new kinds, and where the gateway reports the breach. */
test.each([
  [named("openai", "text", '"choices"', '"results"'), "choices"],
  [named("openai", "text", '"message"', '"reply"'), "choices[0].message"],
  [named("openai", "text", '"content":"Hé llo."', '"content":[{"type":"text"}]'), "choices[0].message.content"],
  [named("openai", "tools", '"arguments":"{', '"arguments":{},"was":"{'), "choices[0].message.tool_calls[0].function.arguments"],
  [named("openai", "tools", '"tool_calls":[', '"calls":['), "choices[0]"],
  [named("openai", "text", '"finish_reason":"stop"', '"finish_reason":"done"'), "choices[0].finish_reason"],
  [named("openai", "text", '"prompt_tokens":7', '"input":7'), "usage.prompt_tokens"],
  [streamed("openai", "text", '"delta":{"content":"Hé"}', '"change":{"content":"Hé"}'), "choices[0].delta"],
  [streamed("openai", "text", '"content":"Hé"', '"content":{"text":"Hé"}'), "choices[0].delta.content"],
  [streamed("openai", "tools", '"name":"get_weather"', '"title":"get_weather"'), "tool_calls"],
  [named("anthropic", "text", '"text":"Hé llo."', '"words":"Hé llo."'), "content[0].text"],
  [named("anthropic", "tools", '"input":{"city":"Oslo"}', '"input":"Oslo"'), "content[1].input"],
  [named("anthropic", "text", '"stop_reason":"end_turn"', '"stop_reason":"finished"'), "stop_reason"],
  [streamed("anthropic", "text", '"text":"Hé"', '"words":"Hé"'), "delta.text"],
  [streamed("anthropic", "tools", '"partial_json":"{', '"json":"{'), "delta.partial_json"],
  [streamed("anthropic", "text", '"message":{"id"', '"msg":{"id"'), "message"],
  [streamed("anthropic", "text", '"usage":{"input_tokens":7,"output_tokens":3,"output_tokens_details"', '"usage":{"input_tokens":7,"output":3,"output_tokens_details"'), "usage.output_tokens"],
  [named("gemini", "text", '"parts":[', '"parts":"","was":['), "candidates[0].content.parts"],
  [named("gemini", "tools", '"name":"get_weather"', '"function":"get_weather"'), "candidates[0].content.parts[2].functionCall.name"],
  [named("gemini", "text", '"finishReason":"STOP"', '"finishReason":"DONE"'), "candidates[0].finishReason"],
  [named("gemini", "text", '"finishReason":"STOP"', '"reason":"STOP"'), "candidates[0].finishReason"],
  [streamed("gemini", "text", '"text":"Hé"', '"text":["Hé"]'), "candidates[0].content.parts[0].text"],
  [named("openai_compatible", "text", '"choices"', '"results"'), "choices"],
  [named("openai_compatible", "text", '"content":"Hé llo."', '"content":5'), "choices[0].message.content"],
])("decodeAnswer: a breach is found where it is: $dialect $from", async ({ dialect, text, from, to, stream }, path) => {
  expect(text).toContain(from);
  const breach = await collect(answerOf(dialect, text.replace(from, to), stream)).catch((error: unknown) => error);
  expect(breach).toBeInstanceOf(ContractBreach);
  expect((breach as ContractBreach).path).toBe(path);
  expect((breach as Error).message).not.toContain("Oslo");
});

test.each([
  ["openai", openaiEmbeddings, '"embedding":[0.5,', '"embedding":["0.5",', "data[0].embedding[0]"],
  ["openai_compatible", openaiEmbeddings, '"embedding":[0.5,', '"vector":[0.5,', "data[0].embedding"],
  ["gemini", geminiEmbeddings, '"values":[0.5,', '"vector":[0.5,', "embeddings[0].values"],
] as const)("decodeAnswer: vectors of %s are pinned too", async (dialect, body, from, to, path) => {
  const text = JSON.stringify(body);
  expect((await collect(answerOf(dialect, text, false))).embeddings).toEqual([[0.5, -0.25], [1, 0]]);
  expect(text).toContain(from);
  await expect(collect(answerOf(dialect, text.replace(from, to), false))).rejects.toMatchObject({ path });
});
