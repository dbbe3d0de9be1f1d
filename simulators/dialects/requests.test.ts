import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../kernel/chat.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { decodeAnthropic } from "./anthropic-request.ts";
import { decodeOpenai } from "./openai-request.ts";

const bytes = (value: unknown) => utf8Bytes(JSON.stringify(value));
const chat = { model: "m", messages: [{ role: "user", content: "hi" }] };
const openai = (fields: object = {}) => decodeOpenai(bytes({ ...chat, ...fields }));
const anthropic = (fields: object = {}) => decodeAnthropic(bytes({ ...chat, max_tokens: 5, ...fields }));

test("decodeOpenai: the provider's defaults", () => {
  const messages = [{ role: "user", content: "hi" }];
  expect(openai()).toEqual({ ok: true, request: { model: "m", messages, stream: false, maxTokens: null, temperature: null, includeUsage: false } });
});

test("decodeOpenai: parts, developer, an assistant without content, the newer name of max_tokens, usage", () => {
  const messages = [
    { role: "developer", content: "be brief" },
    { role: "assistant", content: null },
    { role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] },
  ];
  expect(openai({ messages, max_tokens: 3, max_completion_tokens: 4, stream: true, stream_options: { include_usage: true } })).toMatchObject({
    request: {
      messages: [{ role: "system", content: "be brief" }, { role: "assistant", content: "" }, { role: "user", content: "ab" }],
      maxTokens: 4,
      stream: true,
      includeUsage: true,
    },
  });
});

test.each([
  ["no model", { model: undefined }, "model"],
  ["no messages", { messages: undefined }, "messages"],
  ["empty messages", { messages: [] }, "messages"],
  ["an unknown role", { messages: [{ role: "robot", content: "x" }] }, "messages"],
  ["a role that every object has", { messages: [{ role: "constructor", content: "x" }] }, "messages"],
  ["content that is no text", { messages: [{ role: "user", content: 5 }] }, "messages"],
  ["max_tokens 0", { max_tokens: 0 }, "max_tokens"],
  ["max_tokens that is no integer", { max_tokens: 1.5 }, "max_tokens"],
  ["temperature above 2", { temperature: 2.1 }, "temperature"],
  ["stream that is no boolean", { stream: "yes" }, "stream"],
  ["stream_options without stream", { stream_options: { include_usage: true } }, "stream_options"],
])("decodeOpenai: %s is a 400 that names the field", (_name, fields, param) => {
  expect(openai(fields)).toMatchObject({ ok: false, fault: { status: 400, type: "invalid_request_error", param } });
});

test("decodeAnthropic: a top-level system is the first message, as text or as blocks", () => {
  const messages = [{ role: "system", content: "be brief" }, { role: "user", content: "hi" }];
  expect(anthropic({ system: "be brief" })).toMatchObject({ ok: true, request: { messages, maxTokens: 5, stream: false } });
  expect(anthropic({ system: [{ type: "text", text: "be brief" }] })).toMatchObject({ ok: true, request: { messages } });
});

test.each([
  ["no model", { model: undefined }, /^model: Field required/],
  ["no max_tokens", { max_tokens: undefined }, /^max_tokens: Field required/],
  ["max_tokens 0", { max_tokens: 0 }, /^max_tokens: /],
  ["no messages", { messages: undefined }, /^messages: Field required/],
  ["empty messages", { messages: [] }, /^messages: /],
  ["a system message", { messages: [{ role: "system", content: "x" }] }, /^messages\.0\.role/],
  ["empty content", { messages: [{ role: "user", content: "" }] }, /^messages\.0: /],
  ["a system that is no text", { system: 5 }, /^system: /],
  ["temperature above 1", { temperature: 1.1 }, /^temperature: /],
  ["stream that is no boolean", { stream: 1 }, /^stream: /],
])("decodeAnthropic: %s is a 400 that names the field", (_name, fields, message) => {
  const decoded = anthropic(fields);
  expect(decoded).toMatchObject({ ok: false, fault: { status: 400, type: "invalid_request_error" } });
  expect(decoded.ok ? "" : decoded.fault.message).toMatch(message);
});

test.each([
  ["decodeOpenai", decodeOpenai],
  ["decodeAnthropic", decodeAnthropic],
])("%s: any bytes and any JSON are a request or a 400, never a throw", (_name, decode) => {
  const jsonish = fc.jsonValue().map((value) => bytes(value as Json));
  const shaped = fc.record({ model: fc.jsonValue(), messages: fc.jsonValue(), max_tokens: fc.jsonValue(), stream: fc.jsonValue() }).map(bytes);
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), jsonish, shaped), (body) => {
      const decoded = decode(body);
      expect(decoded.ok || decoded.fault.status === 400).toBe(true);
    }),
  );
});
