import { expect, test } from "vitest";
import type { ChatEvent } from "../../kernel/chat.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { BadRequest } from "../core/contracts.ts";
import { translated } from "./testing/translated.ts";
import { openaiClient } from "./openai-client.ts";

const minimal = { model: "route", messages: [{ role: "user", content: "Hi" }] };
const decode = (value: unknown) => translated(openaiClient.decodeRequest(utf8Bytes(typeof value === "string" ? value : JSON.stringify(value))));

test("openaiClient.decodeRequest: absent parameters are null or false", () => {
  expect(decode(minimal)).toEqual({ model: "route", messages: minimal.messages, stream: false, maxTokens: null, temperature: null, includeUsage: false });
});

test("openaiClient.decodeRequest: everything that is carried; null is absent; text parts are joined", () => {
  const body = {
    model: "route",
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] },
    ],
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: 5,
    max_tokens: null,
    temperature: 0,
    user: "u",
    n: 1,
  };
  expect(decode(body)).toEqual({
    model: "route",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "ab" },
    ],
    stream: true,
    maxTokens: 5,
    temperature: 0,
    includeUsage: true,
    hints: { user: "u" },
  });
});

test.each([
  ["broken JSON", "{", "invalid_json", "JSON object"],
  ["an array", [], "invalid_json", "JSON object"],
  ["no model", { ...minimal, model: undefined }, "missing_required_parameter", "'model'"],
  ["a model of another type", { ...minimal, model: 4 }, "invalid_type", "'model'"],
  ["no messages", { model: "x" }, "missing_required_parameter", "'messages'"],
  ["empty messages", { ...minimal, messages: [] }, "invalid_type", "'messages'"],
  ["a message of another type", { ...minimal, messages: ["x"] }, "invalid_type", "'messages[0]'"],
  ["a role unknown", { ...minimal, messages: [{ role: "toString", content: "x" }] }, "invalid_type", "'messages[0].role'"],
  ["no content", { ...minimal, messages: [{ role: "user" }] }, "invalid_type", "'messages[0].content'"],
  ["a sound", { ...minimal, messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] }, "unsupported_content", "'messages[0].content[0]'"],
  ["an image without URL", { ...minimal, messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] }, "missing_required_parameter", "'messages[0].content[0].image_url.url'"],
  ["max_tokens 0", { ...minimal, max_tokens: 0 }, "invalid_type", "'max_tokens'"],
  ["max_tokens 1.5", { ...minimal, max_tokens: 1.5 }, "invalid_type", "'max_tokens'"],
  ["temperature 3", { ...minimal, temperature: 3 }, "invalid_type", "'temperature'"],
  ["stream as text", { ...minimal, stream: "yes" }, "invalid_type", "'stream'"],
  ["stream_options without stream", { ...minimal, stream_options: {} }, "invalid_value", "'stream_options'"],
  ["include_usage of another type", { ...minimal, stream: true, stream_options: { include_usage: 1 } }, "invalid_type", "'stream_options.include_usage'"],
  ["two choices", { ...minimal, n: 2 }, "unsupported_parameter", "'n'"],
  ["tools", { ...minimal, tools: [{}] }, "unsupported_parameter", "'tools'"],
  ["a parameter unknown", { ...minimal, frobnicate: 1 }, "unknown_parameter", "'frobnicate'"],
])("openaiClient.decodeRequest: %s is refused by name", (_, body, code, named) => {
  const refused = (() => {
    try {
      return decode(body);
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(BadRequest);
  expect(refused).toMatchObject({ code, message: expect.stringContaining(named) });
});

test("openaiClient.encodeAnswer: a chat completion", () => {
  const answer = { id: "a1", model: "m", createdS: 12, text: "Hé", finishReason: "stop", usage: { inputTokens: 3, outputTokens: 1 } };
  expect(JSON.parse(openaiClient.encodeAnswer(answer))).toEqual({
    id: "a1",
    object: "chat.completion",
    created: 12,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "Hé", refusal: null }, logprobs: null, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
  });
  expect(JSON.parse(openaiClient.encodeAnswer({ ...answer, usage: null }))).not.toHaveProperty("usage");
});

test("openaiClient: prompt-cache reads are reported, in an answer and at a stream's end", () => {
  const usage = { inputTokens: 30, outputTokens: 1, cachedInputTokens: 20 };
  const encoded = { prompt_tokens: 30, completion_tokens: 1, total_tokens: 31, prompt_tokens_details: { cached_tokens: 20 } };
  const answer = openaiClient.encodeAnswer({ id: "a1", model: "m", createdS: 12, text: "x", finishReason: "stop", usage });
  expect(JSON.parse(answer)).toMatchObject({ usage: encoded });
  expect(encode(true, { type: "usage", usage }, { type: "end" }).join("")).toContain(JSON.stringify(encoded));
});

test("openaiClient.encodeError: OpenAI's error object", () => {
  const text = openaiClient.encodeError({ status: 503, type: "overloaded", code: "concurrency", message: "Busy." });
  expect(JSON.parse(text)).toEqual({ error: { message: "Busy.", type: "overloaded", param: null, code: "concurrency" } });
});

const events: readonly ChatEvent[] = [
  { type: "start", id: "up", model: "up" },
  { type: "text", text: "Hé" },
  { type: "finish", reason: "stop" },
  { type: "usage", usage: { inputTokens: 3, outputTokens: 1 } },
  { type: "end" },
];

function encode(includeUsage: boolean, ...list: readonly ChatEvent[]): string[] {
  const encoder = openaiClient.streamEncoder({ id: "a1", model: "m", createdS: 12, includeUsage });
  return list.map(encoder);
}

test("openaiClient.streamEncoder: role once, text, finish, usage, [DONE]", () => {
  const head = { id: "a1", object: "chat.completion.chunk", created: 12, model: "m" };
  const chunk = (delta: object, finish_reason: string | null) => ({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason }], usage: null });
  const lines = encode(true, ...events).join("").split("\n\n");
  expect(lines.slice(-2)).toEqual(["data: [DONE]", ""]);
  expect(lines.slice(0, -2).map((line) => JSON.parse(line.slice("data: ".length)) as unknown)).toEqual([
    chunk({ role: "assistant", content: "" }, null),
    chunk({ content: "Hé" }, null),
    chunk({}, "stop"),
    { ...head, choices: [], usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } },
  ]);
});

test("openaiClient.streamEncoder: usage that a provider says with every chunk comes once, at the end", () => {
  const usage = (outputTokens: number): ChatEvent => ({ type: "usage", usage: { inputTokens: 3, outputTokens } });
  const [start, text, finish, , end] = events;
  const encoded = encode(true, start!, text!, usage(1), text!, usage(2), finish!, usage(2), end!).join("");
  expect([...encoded.matchAll(/"completion_tokens":(\d+)/g)].map(([, count]) => count)).toEqual(["2"]);
  expect(encoded.indexOf('"finish_reason":"stop"')).toBeLessThan(encoded.indexOf('"completion_tokens":2'));
});

test("openaiClient.streamEncoder: usage only where it was asked for", () => {
  const lines = encode(false, ...events);
  expect(lines.join("")).not.toContain("usage");
});

test("openaiClient.streamEncoder: a stream without start still opens with the role", () => {
  expect(encode(false, { type: "text", text: "x" })[0]).toContain('"delta":{"role":"assistant","content":"x"}');
});

test("openaiClient.streamEncoder: an error is in band and is not followed by [DONE]", () => {
  const lines = encode(false, events[0]!, { type: "error", error: { status: null, code: "truncated", message: "Cut.", retryAfterMs: null } });
  expect(lines[1]).toBe(`data: {"error":{"message":"Cut.","type":"upstream_error","param":null,"code":"truncated"}}\n\n`);
  expect(lines.join("")).not.toContain("[DONE]");
});
