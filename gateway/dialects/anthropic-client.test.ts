import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatEvent } from "../../kernel/chat.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { BadRequest } from "../core/contracts.ts";
import { translated } from "./testing/translated.ts";
import { anthropicClient } from "./anthropic-client.ts";
import { SseParser } from "./sse.ts";
import { eventsIn } from "./testing/sse-events.ts";

const minimal = { model: "route", max_tokens: 5, messages: [{ role: "user", content: "Hi" }] };
const decode = (value: object) => translated(anthropicClient.decodeRequest(utf8Bytes(JSON.stringify(value))));

test("anthropicClient.decodeRequest: system, results of tools before what the user says, cache marks left out", () => {
  const mark = { cache_control: { type: "ephemeral" } };
  const messages = [
    { role: "user", content: [{ type: "text", text: "Weather?", ...mark }] },
    { role: "assistant", content: [{ type: "text", text: "I look." }, { type: "tool_use", id: "c1", name: "look", input: { a: 1 } }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "4", is_error: true }, { type: "text", text: "And?" }] },
  ];
  const body = { ...minimal, system: [{ type: "text", text: "Be brief.", ...mark }], messages, top_k: 3, stop_sequences: ["END"], metadata: { user_id: "u" } };
  expect(decode(body)).toMatchObject({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Weather?" },
      { role: "assistant", content: "I look.", toolCalls: [{ id: "c1", name: "look", arguments: '{"a":1}' }] },
      { role: "tool", content: "4", toolCallId: "c1", isError: true },
      { role: "user", content: "And?" },
    ],
    sampling: { topK: 3, stop: ["END"] },
    hints: { user: "u" },
    includeUsage: true,
  });
});

test.each([
  [{ type: "auto", disable_parallel_tool_use: true }, { toolChoice: "auto", parallelToolCalls: false }],
  [{ type: "any" }, { toolChoice: "required" }],
  [{ type: "tool", name: "look" }, { toolChoice: { name: "look" } }],
  [{ type: "none" }, { toolChoice: "none" }],
])("anthropicClient.decodeRequest: tool choice %j", (tool_choice, expected) => {
  expect(decode({ ...minimal, tools: [{ name: "look", input_schema: { type: "object" } }], tool_choice })).toMatchObject(expected);
});

test.each([
  ["no max_tokens", { max_tokens: undefined }, "'max_tokens'"],
  ["temperature 1.5", { temperature: 1.5 }, "'temperature'"],
  ["an unknown role", { messages: [{ role: "developer", content: "x" }] }, "'messages[0].role'"],
  ["a document", { messages: [{ role: "user", content: [{ type: "document", source: {} }] }] }, "'messages[0].content[0]'"],
  ["a call by the user", { messages: [{ role: "user", content: [{ type: "tool_use", id: "x", name: "y", input: {} }] }] }, "'messages[0].content[0]'"],
  ["a parameter unknown", { frobnicate: 1 }, "'frobnicate'"],
  ["effort", { output_config: { effort: "high" } }, "'output_config.effort'"],
  ["a choice without tools", { tool_choice: { type: "any" } }, "'tool_choice'"],
])("anthropicClient.decodeRequest: %s is refused by name", (_, extra, named) => {
  const refused = (() => {
    try {
      return decode({ ...minimal, ...extra });
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toBeInstanceOf(BadRequest);
  expect((refused as BadRequest).message).toContain(named);
});

const content = fc.array(fc.oneof(fc.record({ type: fc.constant("text" as const), text: fc.string({ minLength: 1 }) }), fc.constant("call" as const)), { maxLength: 12 });

/** Events of an answer, calls numbered as they come, each with an argument. */
function answerOf(pieces: readonly ("call" | { type: "text"; text: string })[]): ChatEvent[] {
  let calls = 0;
  return pieces.flatMap((piece): ChatEvent[] => {
    if (piece !== "call") return [piece];
    const index = calls++;
    return [{ type: "tool_call", index, id: `c${index}`, name: "look" }, { type: "tool_arguments", index, text: "{}" }];
  });
}

test("anthropicClient.streamEncoder: any answer is blocks that open, fill and close in order, and ends once: law", () => {
  fc.assert(
    fc.property(content, (pieces) => {
      const encode = anthropicClient.streamEncoder({ id: "msg_1", model: "m", createdS: 0, includeUsage: true });
      const events: ChatEvent[] = [{ type: "start", id: "up", model: "m" }, ...answerOf(pieces), { type: "finish", reason: "stop" }, { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } }, { type: "end" }];
      const sent = eventsIn(new SseParser(), utf8Bytes(events.map(encode).join(""))).map(({ data }) => JSON.parse(data) as { type: string; index?: number; delta?: { text?: string } });
      expect([sent[0]?.type, sent.at(-2)?.type, sent.at(-1)?.type]).toEqual(["message_start", "message_delta", "message_stop"]);
      let open: number | null = null;
      let next = 0;
      for (const { type, index } of sent.slice(1, -2)) {
        if (type === "content_block_start") {
          expect([open, index]).toEqual([null, next++]);
          open = index!;
        } else expect(index).toBe(open);
        if (type === "content_block_stop") open = null;
      }
      expect(open).toBeNull();
      expect(sent.map(({ delta }) => delta?.text ?? "").join("")).toBe(pieces.map((piece) => (piece === "call" ? "" : piece.text)).join(""));
    }),
  );
});
