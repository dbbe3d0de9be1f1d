import { expect, test } from "vitest";
import type { Usage } from "../../kernel/chat.ts";
import { ResponsesReader } from "./responses-reader.ts";

const response = (rest: object) => ({ id: "resp_1", model: "m", status: "completed", output: [], ...rest });

function usageOf(rest: object): Usage | undefined {
  const body = response(rest);
  const event = new ResponsesReader().whole(body).find(({ type }) => type === "usage");
  return event?.type === "usage" ? event.usage : undefined;
}

test.each<readonly [name: string, rest: object, usage: Usage | undefined]>([
  ["none", {}, undefined],
  ["null", { usage: null }, undefined],
  ["input and output alone", { usage: { input_tokens: 5, output_tokens: 2 } }, { inputTokens: 5, outputTokens: 2 }],
  ["thoughts within the output", { usage: { input_tokens: 5, output_tokens: 40, output_tokens_details: { reasoning_tokens: 30 }, total_tokens: 45 } }, { inputTokens: 5, outputTokens: 40, reasoningTokens: 30 }],
  ["a total larger than its parts", { usage: { input_tokens: 5, output_tokens: 2, total_tokens: 37 } }, { inputTokens: 5, outputTokens: 32 }],
  ["input from the provider's cache", { usage: { input_tokens: 5, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } } }, { inputTokens: 5, outputTokens: 2, cachedInputTokens: 4 }],
  ["input written to the provider's cache", { usage: { input_tokens: 9, output_tokens: 2, input_tokens_details: { cached_tokens: 0, cache_write_tokens: 7 } } }, { inputTokens: 9, outputTokens: 2, cachedInputTokens: 0, cacheWriteTokens: 7 }],
  ["a service tier", { usage: { input_tokens: 5, output_tokens: 2 }, service_tier: "priority" }, { inputTokens: 5, outputTokens: 2, serviceTier: "priority" }],
  ["a tool that the provider runs", { usage: { input_tokens: 5, output_tokens: 2 }, output: [{ type: "web_search_call", id: "ws" }] }, { inputTokens: 5, outputTokens: 2, hasOtherCharges: true }],
  ["a function that the client runs", { usage: { input_tokens: 5, output_tokens: 2 }, output: [{ type: "function_call", id: "fc", call_id: "c", name: "f", arguments: "{}" }] }, { inputTokens: 5, outputTokens: 2 }],
])("ResponsesReader: usage: %s", (_, rest, usage) => {
  expect(usageOf(rest)).toEqual(usage);
});
