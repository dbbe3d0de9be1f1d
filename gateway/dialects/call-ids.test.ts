import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatMessage } from "../../kernel/chat.ts";
import { callId as anthropicId } from "./anthropic-request.ts";
import { withOwnIds } from "./call-ids.ts";
import { callId as openaiId } from "./openai-request.ts";
import { callId as responsesId } from "./responses-request.ts";

const calls = (...ids: readonly string[]): ChatMessage => ({ role: "assistant", content: "", toolCalls: ids.map((id) => ({ id, name: "look", arguments: "{}" })) });
const result = (toolCallId: string): ChatMessage => ({ role: "tool", content: "", toolCallId });
const idsOf = (messages: readonly ChatMessage[]) => messages.map(({ toolCalls, toolCallId }) => toolCalls?.map(({ id }) => id) ?? toolCallId);

test.each([
  ["of their own", [calls("a", "b"), result("b"), result("a")], [["a", "b"], "b", "a"]],
  ["that each turn numbers", [calls("call_0"), result("call_0"), calls("call_0", "call_1"), result("call_1"), result("call_0")], [["call_0"], "call_0", ["call_0_2", "call_1"], "call_1", "call_0_2"]],
  ["the same in one turn", [calls("x", "x"), result("x"), result("x")], [["x", "x_2"], "x", "x_2"]],
  ["of a call without a result", [calls("x"), calls("x"), result("x")], [["x"], ["x_2"], "x_2"]],
  ["of a result that comes twice, and of one without a call", [calls("x"), result("x"), result("x"), result("y")], [["x"], "x", "x", "y"]],
  ["that end alike", [calls(`1${"x".repeat(40)}`), calls(`2${"x".repeat(40)}`)], [["x".repeat(40)], [`${"x".repeat(38)}_2`]]],
] as const)("withOwnIds: ids %s", (_, messages, expected) => {
  expect(idsOf(withOwnIds([...messages], openaiId))).toEqual(expected);
});

test.each([
  ["anthropic", anthropicId],
  ["openai", openaiId],
  ["openai_responses", responsesId],
])("withOwnIds: for %s every call has an id of its own, which its result bears: law", (_, accepted) => {
  const id = fc.oneof(fc.constantFrom("call_0", "call_1", "functions.look:0", ""), fc.string({ maxLength: 3 }), fc.constant("z".repeat(70)), fc.constant(`y${"z".repeat(70)}`));
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(id, { minLength: 1, maxLength: 3 }), { maxLength: 5 }), (turns) => {
      const owned = withOwnIds(turns.flatMap((ids) => [calls(...ids), ...ids.toReversed().map(result)]), accepted);
      const made = owned.flatMap(({ toolCalls = [] }) => toolCalls.map((call) => call.id));
      expect(new Set(made).size).toBe(made.length);
      expect(made.map(accepted)).toEqual(made);
      for (const [index, { toolCalls }] of owned.entries()) {
        if (toolCalls === undefined) continue;
        const results = owned.slice(index + 1, index + 1 + toolCalls.length).map(({ toolCallId }) => toolCallId);
        expect(results).toEqual(toolCalls.map((call) => call.id).toReversed());
      }
    }),
  );
});
