import { expect, test } from "vitest";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { BadRequest } from "../core/contracts.ts";
import { translated } from "./testing/translated.ts";
import { openaiClient } from "./openai-client.ts";

const tool = { type: "function", function: { name: "look", description: "Looks", parameters: { type: "object" }, strict: true } };
const minimal = { model: "route", messages: [{ role: "user", content: "Hi" }] };
const decode = (extra: object) => translated(openaiClient.decodeRequest(utf8Bytes(JSON.stringify({ ...minimal, ...extra }))));

test("openaiClient.decodeRequest: tools, a choice among them, one at a time", () => {
  expect(decode({ tools: [tool], tool_choice: { type: "function", function: { name: "look" } }, parallel_tool_calls: false })).toMatchObject({
    tools: [{ name: "look", description: "Looks", parameters: { type: "object" }, strict: true }],
    toolChoice: { name: "look" },
    parallelToolCalls: false,
  });
});

test("openaiClient.decodeRequest: what says nothing is left out", () => {
  const plain = decode({ tools: [], tool_choice: "none", response_format: { type: "text" }, logit_bias: {}, stop: [] });
  expect(plain).toEqual({ ...minimal, stream: false, maxTokens: null, temperature: null, includeUsage: false });
});

test("openaiClient.decodeRequest: an earlier turn that called, and its result", () => {
  const calls = [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }];
  const messages = [...minimal.messages, { role: "assistant", content: null, tool_calls: calls, refusal: null }, { role: "tool", tool_call_id: "c1", content: "4" }];
  expect(decode({ messages }).messages.slice(1)).toEqual([
    { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "look", arguments: "{}" }] },
    { role: "tool", content: "4", toolCallId: "c1" },
  ]);
});

test.each([
  ["a tool that is no function", { tools: [{ type: "custom", custom: { name: "x" } }] }, "'tools'"],
  ["a tool without name", { tools: [{ type: "function", function: {} }] }, "'tools[0].function.name'"],
  ["a choice that is not there", { tools: [tool], tool_choice: { type: "function", function: { name: "other" } } }, "'other'"],
  ["a choice without tools", { tool_choice: "required" }, "'tool_choice'"],
  ["allowed tools", { tools: [tool], tool_choice: { type: "allowed_tools", allowed_tools: {} } }, "'tool_choice'"],
  ["a schema without schema", { response_format: { type: "json_schema", json_schema: { name: "x" } } }, "'response_format.json_schema.schema'"],
  ["a format unknown", { response_format: { type: "grammar" } }, "'response_format.type'"],
  ["a result of no call", { messages: [{ role: "tool", content: "4" }] }, "'messages[0].tool_call_id'"],
  ["a call of no function", { messages: [{ role: "assistant", tool_calls: [{ id: "c", type: "custom", custom: {} }] }] }, "'messages[0].tool_calls[0].type'"],
  ["logprobs", { logprobs: true }, "'logprobs'"],
])("openaiClient.decodeRequest: %s is refused by name", (_, extra, named) => {
  const refused = (() => {
    try {
      return decode(extra);
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(BadRequest);
  expect((refused as BadRequest).message).toContain(named);
});

test("openaiClient.encodeAnswer: calls without a word have null for content", () => {
  const answer = { id: "a", model: "m", createdS: 1, text: "", finishReason: "tool_calls", usage: null, toolCalls: [{ id: "c1", name: "look", arguments: "{}" }] };
  const { choices } = JSON.parse(openaiClient.encodeAnswer(answer)) as { choices: unknown[] };
  expect(choices).toMatchObject([{ message: { content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }] }, finish_reason: "tool_calls" }]);
});
