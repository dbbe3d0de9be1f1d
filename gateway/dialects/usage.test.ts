import { expect, test } from "vitest";
import { bodyOf } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { eventsOf } from "../core/batches.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
import { anthropicUpstream } from "./anthropic-upstream.ts";
import { geminiUpstream } from "./gemini-upstream.ts";
import { openaiClient } from "./openai-client.ts";
import { openaiCompatibleUpstream } from "./openai-upstream.ts";
import { responsesClient } from "./responses-client.ts";

async function usageOf(dialect: UpstreamDialect, body: object) {
  const response = { status: 200, headers: { "content-type": "application/json" }, body: bodyOf(utf8Bytes(JSON.stringify(body))) };
  const events = await eventsOf(dialect.decodeAnswer(response, false));
  return events.flatMap((event) => (event.type === "usage" ? [event.usage] : []))[0];
}

const completion = (usage: object, rest: object = {}) => ({ id: "c", model: "m", choices: [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: "stop" }], usage, ...rest });

test("usage, openai: what the total has beyond its parts is output, and a total that is less is ignored", async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } };
  const billed = { inputTokens: 10, outputTokens: 12, reasoningTokens: 7 };
  expect(await usageOf(openaiCompatibleUpstream, completion(usage))).toEqual(billed);
  expect(await usageOf(openaiCompatibleUpstream, completion({ ...usage, completion_tokens: 12 }))).toEqual(billed);
  expect(await usageOf(openaiCompatibleUpstream, completion({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 3 }))).toEqual({ inputTokens: 10, outputTokens: 5 });
});

test("usage, openai: the tier that was billed, and audio, which has prices of its own", async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { audio_tokens: 2 } };
  expect(await usageOf(openaiCompatibleUpstream, completion(usage, { service_tier: "flex" }))).toEqual({ inputTokens: 10, outputTokens: 5, serviceTier: "flex", hasOtherCharges: true });
});

test.each([
  ["Groq's stream", {}, { x_groq: { id: "x", usage: { prompt_tokens: 10, completion_tokens: 7 } } }, { inputTokens: 10, outputTokens: 7 }],
  ["DeepSeek's cache", { prompt_tokens: 10, completion_tokens: 7, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2 }, {}, { inputTokens: 10, outputTokens: 7, cachedInputTokens: 8 }],
  ["Moonshot's cache", { prompt_tokens: 10, completion_tokens: 7, cached_tokens: 8 }, {}, { inputTokens: 10, outputTokens: 7, cachedInputTokens: 8 }],
  ["OpenRouter's cache", { prompt_tokens: 10, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 5 } }, {}, { inputTokens: 10, outputTokens: 7, cachedInputTokens: 2, cacheWriteTokens: 5 }],
  ["DeepSeek's cache, behind a proxy that names OpenAI's as 0", { prompt_tokens: 10, completion_tokens: 7, prompt_cache_hit_tokens: 8, prompt_tokens_details: { cached_tokens: 0 } }, {}, { inputTokens: 10, outputTokens: 7, cachedInputTokens: 8 }],
  ["Mistral's cache", { prompt_tokens: 10, completion_tokens: 7, num_cached_tokens: 8 }, {}, { inputTokens: 10, outputTokens: 7, cachedInputTokens: 8 }],
  ["the responses' details", { input_tokens: 10, output_tokens: 7, input_tokens_details: { cached_tokens: 4 }, output_tokens_details: { reasoning_tokens: 3 } }, {}, { inputTokens: 10, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 3 }],
  ["new-api's writes", { prompt_tokens: 10, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 2, cached_creation_tokens: 5 } }, {}, { inputTokens: 10, outputTokens: 7, cachedInputTokens: 2, cacheWriteTokens: 5 }],
  ["Anthropic's cache within the input (LiteLLM)", { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107, cache_read_input_tokens: 60, cache_creation_input_tokens: 30 }, {}, { inputTokens: 100, outputTokens: 7, cachedInputTokens: 60, cacheWriteTokens: 30 }],
  ["Anthropic's cache beside the input", { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17, cache_read_input_tokens: 60, cache_creation_input_tokens: 30 }, {}, { inputTokens: 100, outputTokens: 7, cachedInputTokens: 60, cacheWriteTokens: 30 }],
  ["Anthropic's cache beside a larger input, in the total", { prompt_tokens: 100, completion_tokens: 7, total_tokens: 167, cache_read_input_tokens: 60 }, {}, { inputTokens: 160, outputTokens: 7, cachedInputTokens: 60 }],
  ["another format's names", { input_tokens: 10, output_tokens: 7 }, {}, { inputTokens: 10, outputTokens: 7 }],
  ["no counts", { cost: 1 }, {}, undefined],
  ["negative counts", { prompt_tokens: -5, completion_tokens: 7 }, {}, undefined],
  ["a count that no model has", { prompt_tokens: 5, completion_tokens: 1e15 }, {}, undefined],
  ["a count that is not whole", { prompt_tokens: 1.5, completion_tokens: 7 }, {}, undefined],
])("usage, openai: %s", async (_, usage, rest, read) => {
  expect(await usageOf(openaiCompatibleUpstream, completion(usage, { ...("x_groq" in rest && { usage: undefined }), ...rest }))).toEqual(read);
});

test("usage, openai: Moonshot's is in the choice", async () => {
  const { usage: _, choices, ...rest } = completion({});
  expect(await usageOf(openaiCompatibleUpstream, { ...rest, choices: choices.map((choice) => ({ ...choice, usage: { prompt_tokens: 10, completion_tokens: 7 } })) })).toEqual({ inputTokens: 10, outputTokens: 7 });
});

test("usage: counts that are none are no usage, in every format", async () => {
  const message = { id: "m", type: "message", role: "assistant", model: "m", content: [{ type: "text", text: "x" }], stop_reason: "end_turn", usage: { input_tokens: -10, output_tokens: -5 } };
  expect(await usageOf(anthropicUpstream, message)).toBeUndefined();
  const body = { responseId: "r", modelVersion: "m", candidates: [{ index: 0, content: { role: "model", parts: [{ text: "x" }] }, finishReason: "STOP" }], usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 2, thoughtsTokenCount: -1 } };
  expect(await usageOf(geminiUpstream, body)).toEqual({ inputTokens: 4, outputTokens: 2 });
});

test("usage, anthropic: the hour's cache, the tier, and tools that it runs itself", async () => {
  const usage = {
    input_tokens: 10,
    output_tokens: 5,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_1h_input_tokens: 20, ephemeral_5m_input_tokens: 10 },
    service_tier: "standard",
    server_tool_use: { web_search_requests: 1 },
  };
  const message = { id: "m", type: "message", role: "assistant", model: "m", content: [{ type: "text", text: "x" }], stop_reason: "end_turn", usage };
  const billed = { inputTokens: 40, outputTokens: 5, cacheWriteTokens: 30, cacheWriteHourTokens: 20, serviceTier: "standard", hasOtherCharges: true };
  expect(await usageOf(anthropicUpstream, message)).toEqual(billed);
});

test("usage, gemini: thoughts, results of its own tools, traffic beside the standard, and what the total has beyond its parts", async () => {
  const usageMetadata = { promptTokenCount: 10, toolUsePromptTokenCount: 4, candidatesTokenCount: 5, thoughtsTokenCount: 3, totalTokenCount: 25, trafficType: "PROVISIONED_THROUGHPUT" };
  const body = { responseId: "r", modelVersion: "m", candidates: [{ index: 0, content: { role: "model", parts: [{ text: "x" }] }, finishReason: "STOP" }], usageMetadata };
  expect(await usageOf(geminiUpstream, body)).toEqual({ inputTokens: 14, outputTokens: 11, reasoningTokens: 3, serviceTier: "provisioned_throughput" });
});

test("usage: counts given to clients add up, and thoughts that nobody reported are left out", () => {
  const answer = { id: "a", model: "m", createdS: 1, text: "x", finishReason: "stop" };
  const reportedIn = (usage: object) => {
    const whole = { ...answer, usage: { inputTokens: 10, outputTokens: 12, ...usage } };
    return [openaiClient, responsesClient].map((client) => (JSON.parse(client.encodeAnswer(whole)) as { usage: object }).usage);
  };
  expect(reportedIn({ reasoningTokens: 7 })).toMatchObject([
    { completion_tokens: 12, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } },
    { output_tokens: 12, total_tokens: 22, output_tokens_details: { reasoning_tokens: 7 } },
  ]);
  expect(reportedIn({})[1]).toMatchObject({ output_tokens_details: {} });
  expect(JSON.stringify(reportedIn({}))).not.toContain("reasoning_tokens");
});
