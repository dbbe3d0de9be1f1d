import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { EmbeddingCreateParams } from "openai/resources/embeddings";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { expect, test } from "vitest";
import type { ChatRequest, Json, JsonObject } from "../../kernel/chat.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { BadRequest, type ClientDialect } from "../core/contracts.ts";
import { anthropicClient } from "../dialects/anthropic-client.ts";
import { embeddingsClient } from "../dialects/embeddings-client.ts";
import { translated } from "../dialects/testing/translated.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { responsesClient } from "../dialects/responses-client.ts";

/**
 * The fate of every parameter of the official packages, by a value that means something: it changes what is asked
 * (`carried`), or is refused by its name, or is `left` out, since it changes no answer. A parameter that a release
 * brings does not compile here until its fate is decided.
 */
type Fate = "carried" | "refused" | "left";
type Fates<T> = Readonly<Record<keyof T, readonly [Fate, Json]>>;

const says = [{ role: "user", content: "Hi" }];
const schema = { type: "object", properties: { a: { type: "string" } } };
const called = { type: "function", function: { name: "look", parameters: schema } };

type Hint = "user" | "metadata" | "store" | "service_tier" | "safety_identifier" | "prompt_cache_key" | "prompt_cache_retention" | "prompt_cache_options";

/** What OpenAI's two ways to ask have in common besides the question. */
const openaiHints: Fates<Pick<ChatCompletionCreateParamsNonStreaming, Hint> & Pick<ResponseCreateParamsNonStreaming, Hint>> = {
  user: ["carried", "u"],
  metadata: ["carried", { a: "b" }],
  store: ["carried", true],
  service_tier: ["carried", "flex"],
  safety_identifier: ["carried", "u"],
  prompt_cache_key: ["carried", "k"],
  prompt_cache_retention: ["carried", "24h"],
  prompt_cache_options: ["carried", { mode: "explicit" }],
};

const chat: Fates<ChatCompletionCreateParamsNonStreaming> = {
  model: ["carried", "other"],
  messages: ["carried", [{ role: "user", content: "Ho" }]],
  stream: ["left", false],
  stream_options: ["refused", { include_usage: true }],
  max_tokens: ["carried", 5],
  max_completion_tokens: ["carried", 5],
  temperature: ["carried", 0.5],
  top_p: ["carried", 0.5],
  stop: ["carried", "END"],
  seed: ["carried", 7],
  presence_penalty: ["carried", 1],
  frequency_penalty: ["carried", 1],
  logit_bias: ["carried", { "1": 5 }],
  reasoning_effort: ["carried", "low"],
  verbosity: ["carried", "low"],
  tools: ["carried", [called]],
  tool_choice: ["refused", "required"],
  parallel_tool_calls: ["left", false],
  response_format: ["carried", { type: "json_object" }],
  ...openaiHints,
  n: ["refused", 2],
  logprobs: ["refused", true],
  top_logprobs: ["refused", 3],
  functions: ["refused", [{ name: "look" }]],
  function_call: ["refused", "auto"],
  modalities: ["refused", ["text", "audio"]],
  audio: ["refused", { format: "mp3", voice: "alloy" }],
  prediction: ["refused", { type: "content", content: "x" }],
  web_search_options: ["refused", {}],
  moderation: ["refused", { model: "omni" }],
};

const responses: Fates<ResponseCreateParamsNonStreaming> = {
  model: ["carried", "other"],
  input: ["carried", "Ho"],
  instructions: ["carried", "Be brief."],
  stream: ["left", false],
  stream_options: ["left", { include_obfuscation: false }],
  max_output_tokens: ["carried", 20],
  temperature: ["carried", 0.5],
  top_p: ["carried", 0.5],
  tools: ["carried", [{ type: "function", name: "look", parameters: schema }]],
  tool_choice: ["refused", "required"],
  parallel_tool_calls: ["left", false],
  text: ["carried", { format: { type: "json_object" } }],
  reasoning: ["carried", { effort: "low" }],
  ...openaiHints,
  prompt: ["carried", { id: "p" }],
  previous_response_id: ["refused", "resp_1"],
  conversation: ["refused", "conv_1"],
  background: ["refused", true],
  include: ["refused", ["reasoning.encrypted_content"]],
  truncation: ["refused", "auto"],
  top_logprobs: ["refused", 3],
  max_tool_calls: ["refused", 1],
  context_management: ["refused", [{ type: "compaction" }]],
  moderation: ["refused", { model: "omni" }],
  access_programs: ["refused", ["p"]],
  image: ["refused", {}],
};

/** Of these the package no longer speaks; older clients do, and older models obey. */
type Sampled = Record<"temperature" | "top_p" | "top_k", number>;

const messages: Fates<MessageCreateParamsNonStreaming & Sampled> = {
  model: ["carried", "other"],
  messages: ["carried", [{ role: "user", content: "Ho" }]],
  max_tokens: ["carried", 6],
  system: ["carried", "Be brief."],
  stream: ["left", false],
  temperature: ["carried", 0.5],
  top_p: ["carried", 0.5],
  top_k: ["carried", 5],
  stop_sequences: ["carried", ["END"]],
  tools: ["carried", [{ name: "look", input_schema: schema }]],
  tool_choice: ["refused", { type: "any" }],
  output_config: ["carried", { format: { type: "json_schema", schema } }],
  metadata: ["carried", { user_id: "u" }],
  cache_control: ["left", { type: "ephemeral" }],
  service_tier: ["left", "standard_only"],
  diagnostics: ["left", {}],
  thinking: ["refused", { type: "enabled", budget_tokens: 1_024 }],
  container: ["refused", "c"],
  speed: ["refused", "fast"],
  inference_geo: ["refused", "us"],
  user_profile_id: ["refused", "p"],
  workspace_id: ["refused", "w"],
};

const embeddings: Fates<EmbeddingCreateParams> = {
  model: ["carried", "other"],
  input: ["carried", ["a", "b"]],
  dimensions: ["carried", 2],
  encoding_format: ["carried", "base64"],
  user: ["carried", "u"],
};

const apis: readonly (readonly [string, ClientDialect, JsonObject, Readonly<Record<string, readonly [Fate, Json]>>])[] = [
  ["chat completions", openaiClient, { model: "chat", messages: says }, chat],
  ["responses", responsesClient, { model: "chat", input: "Hi" }, responses],
  ["messages", anthropicClient, { model: "chat", max_tokens: 5, messages: says }, messages],
  ["embeddings", embeddingsClient, { model: "chat", input: "Hi" }, embeddings],
];

function decoded(dialect: ClientDialect, body: JsonObject): ChatRequest | BadRequest {
  try {
    return translated(dialect.decodeRequest(utf8Bytes(JSON.stringify(body))));
  } catch (error) {
    if (error instanceof BadRequest) return error;
    throw error;
  }
}

test.each(apis.flatMap(([api, dialect, minimal, fates]) => Object.entries(fates).map(([name, [fate, value]]) => ({ api, dialect, minimal, name, fate, value }))))(
  "decodeRequest: $api: '$name' is $fate",
  ({ dialect, minimal, name, fate, value }) => {
    const asked = decoded(dialect, { ...minimal, [name]: value });
    if (fate === "refused") expect((asked as BadRequest).message).toContain(`'${name}'`);
    else if (fate === "left") expect(asked).toEqual(decoded(dialect, minimal));
    else {
      expect(asked).not.toBeInstanceOf(BadRequest);
      expect(asked).not.toEqual(decoded(dialect, minimal));
    }
  },
);

const chatTurn = (turn: JsonObject): JsonObject => ({ model: "chat", messages: [turn] });
const tool = (more: JsonObject): JsonObject => ({ model: "chat", input: "Hi", tools: [{ type: "function", name: "look", parameters: schema, ...more }] });
const item = (more: JsonObject): JsonObject => ({ model: "chat", input: [more] });
const turns = (...content: readonly JsonObject[]): JsonObject => ({ model: "chat", max_tokens: 5, messages: [{ role: "user", content }] });
const anthropicTool = (more: JsonObject): JsonObject => ({ model: "chat", max_tokens: 5, messages: says, tools: [{ name: "look", input_schema: schema, ...more }] });

/** What stands deeper is not dropped either. */
test.each([
  ["messages[0].reasoning_content", openaiClient, chatTurn({ role: "assistant", content: "x", reasoning_content: "hm" })],
  ["messages[0].prefix", openaiClient, chatTurn({ role: "assistant", content: "x", prefix: true })],
  ["messages[0].audio", openaiClient, chatTurn({ role: "assistant", content: "x", audio: { id: "a" } })],
  ["stream_options.frobnicate", openaiClient, { ...chatTurn({ role: "user", content: "x" }), stream: true, stream_options: { frobnicate: true } }],
  ["tools[0].function.examples", openaiClient, { model: "chat", messages: says, tools: [{ type: "function", function: { name: "look", examples: [1] } }] }],
  ["response_format.json_schema.grammar", openaiClient, { model: "chat", messages: says, response_format: { type: "json_schema", json_schema: { name: "a", schema, grammar: "g" } } }],
  ["tools[0].defer_loading", responsesClient, tool({ defer_loading: true })],
  ["tools[0].output_schema", responsesClient, tool({ output_schema: schema })],
  ["text.frobnicate", responsesClient, { model: "chat", input: "Hi", text: { frobnicate: 1 } }],
  ["input[0].phase", responsesClient, item({ role: "assistant", content: "x", phase: "commentary" })],
  ["input[0].namespace", responsesClient, item({ type: "function_call", call_id: "c", name: "look", arguments: "{}", namespace: "n" })],
  ["messages[0].content[0].citations", anthropicClient, turns({ type: "text", text: "x", citations: [{ type: "char_location" }] })],
  ["messages[0].content[0].toolset_name", anthropicClient, turns({ type: "tool_result", tool_use_id: "c", content: "x", toolset_name: "t" })],
  ["tools[0].input_examples", anthropicClient, anthropicTool({ input_examples: [{ a: "x" }] })],
  ["tools[0].defer_loading", anthropicClient, anthropicTool({ defer_loading: true })],
] as const)("decodeRequest: '%s' is refused by name", (name, dialect, body) => {
  const refused = decoded(dialect, body);
  expect(refused).toBeInstanceOf(BadRequest);
  expect((refused as BadRequest).message).toContain(`'${name}'`);
});
