import type { Dialect, Json, JsonObject } from "../../kernel/chat.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import type { WireRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { providerDialects } from "../dialects/dialects.ts";

/** One exchange of a golden transcript: the request, and the phase in force. */
export interface Exchange {
  readonly name: string;
  readonly request: WireRequest;
  readonly phase: Partial<PlannedPhase>;
}

export const goldenModels: Readonly<Record<Dialect, string>> = {
  openai: "gpt-test",
  openai_responses: "gpt-test",
  anthropic: "claude-test",
  gemini: "gemini-test",
  azure: "gpt-azure-test",
  bedrock: "test.model-v1:0",
  openai_compatible: "chat-test",
};

const weather: JsonObject = { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city", "days"] };
const verdict: JsonObject = { type: "object", properties: { sure: { type: "boolean" }, reason: { type: "string" } }, required: ["sure", "reason"], additionalProperties: false };

/** Fields that make a dialect's simplest request ask for a tool call, and for JSON. Null: not supported. */
const extras: Readonly<Record<Dialect, { readonly tool: JsonObject; readonly json: JsonObject | null }>> = {
  openai: openaiExtras(),
  openai_responses: {
    tool: { tools: [{ type: "function", name: "weather", parameters: weather }], tool_choice: "required" },
    json: { text: { format: { type: "json_schema", name: "verdict", strict: true, schema: verdict } } },
  },
  azure: openaiExtras(),
  openai_compatible: openaiExtras(),
  anthropic: {
    tool: { tools: [{ name: "weather", description: "Weather of a city", input_schema: weather }], tool_choice: { type: "any" } },
    json: { output_config: { format: { type: "json_schema", schema: verdict } } },
  },
  gemini: {
    tool: { tools: [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: weather }] }], toolConfig: { functionCallingConfig: { mode: "ANY" } } },
    json: { generationConfig: { maxOutputTokens: 2, responseMimeType: "application/json", responseJsonSchema: verdict } },
  },
  bedrock: { tool: { toolConfig: { tools: [{ toolSpec: { name: "weather", inputSchema: { json: weather } } }], toolChoice: { any: {} } } }, json: null },
};

function openaiExtras(): { tool: JsonObject; json: JsonObject } {
  return {
    tool: { tools: [{ type: "function", function: { name: "weather", parameters: weather } }], tool_choice: "required" },
    json: { response_format: { type: "json_schema", json_schema: { name: "verdict", strict: true, schema: verdict } } },
  };
}

const statuses = [400, 401, 403, 404, 429, 500, 502, 503, 529];

/** All exchanges in the golden transcript of a dialect. */
export function exchangesOf(dialect: Dialect): readonly Exchange[] {
  const { tool, json } = extras[dialect];
  const failing = (status: number): Partial<PlannedPhase> => ({ errorRate: 1, statusMix: { [status]: 1 } });
  const both = (name: string, more: JsonObject, phase: Partial<PlannedPhase> = {}): readonly Exchange[] => [
    { name, request: asked(dialect, false, more), phase },
    { name: `${name}, as a stream`, request: asked(dialect, true, more), phase },
  ];
  const effect = (kind: "error_mid_stream" | "error_first" | "contract_drift") => ({ effects: [{ kind }] });
  return [
    ...both("words", {}),
    ...both("a tool call", tool),
    ...(json === null ? [] : both("JSON that fits a schema", json)),
    ...statuses.map((status) => ({ name: `status ${status}`, request: asked(dialect, false), phase: failing(status) })),
    { name: "no credentials", request: { ...asked(dialect, false), headers: { "x-client-request-id": "golden", "anthropic-version": "2023-06-01" } }, phase: {} },
    { name: "no JSON", request: { ...asked(dialect, false), body: utf8Bytes("{") }, phase: {} },
    { name: "an unknown model", request: withId(providerDialects[dialect].question({ model: "none", text: "hello there", maxTokens: 2, stream: false })), phase: {} },
    { name: "error in the middle of a stream", request: asked(dialect, true), phase: effect("error_mid_stream") },
    ...both("error in place of an answer", {}, effect("error_first")),
    ...both("contract drift", {}, effect("contract_drift")),
    ...ownExchanges[dialect],
  ];
}

function asked(dialect: Dialect, stream: boolean, more: JsonObject = {}): WireRequest {
  const request = providerDialects[dialect].question({ model: goldenModels[dialect], text: "hello there", maxTokens: 2, stream });
  const body = JSON.parse(new TextDecoder().decode(request.body)) as JsonObject;
  return withId({ ...request, body: utf8Bytes(JSON.stringify({ ...body, ...more })) });
}

function withId(request: WireRequest): WireRequest {
  return { ...request, headers: { ...request.headers, "x-client-request-id": "golden" } };
}

function post(name: string, path: string, headers: Readonly<Record<string, string>>, body: Json): Exchange {
  return { name, request: { method: "POST", path, headers: { ...headers, "x-client-request-id": "golden" }, body: utf8Bytes(JSON.stringify(body)) }, phase: {} };
}

function get(name: string, path: string, headers: Readonly<Record<string, string>>): Exchange {
  return { name, request: { method: "GET", path, headers: { ...headers, "x-client-request-id": "golden" }, body: new Uint8Array() }, phase: {} };
}

const bearer = { authorization: "Bearer drive" };

const response = { model: "gpt-test", input: "hello there", max_output_tokens: 2 };
const responseTool = { tools: [{ type: "function", name: "weather", parameters: weather }], tool_choice: "required" };
const ownExchanges: Readonly<Record<Dialect, readonly Exchange[]>> = {
  openai: [
    get("models", "/v1/models", bearer),
    get("a model", "/v1/models/gpt-test", bearer),
    get("a model that is not there", "/v1/models/none", bearer),
    post("embeddings", "/v1/embeddings", bearer, { model: "gpt-test", input: ["hello", "there"], dimensions: 4 }),
    post("a response", "/v1/responses", bearer, response),
    post("a response, as a stream", "/v1/responses", bearer, { ...response, stream: true }),
    post("a response that calls a tool", "/v1/responses", bearer, { ...response, ...responseTool }),
    post("a response that calls a tool, as a stream", "/v1/responses", bearer, { ...response, ...responseTool, stream: true }),
    { ...post("a response, error in the middle", "/v1/responses", bearer, { ...response, stream: true }), phase: { effects: [{ kind: "error_mid_stream" }] } },
  ],
  openai_responses: [
    post("what a reasoning agent sends", "/v1/responses", bearer, {
      ...response,
      previous_response_id: "resp_before", store: true, include: ["reasoning.encrypted_content"],
      input: [{ type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAAAB" }, { type: "item_reference", id: "msg_1" }, { role: "user", content: [{ type: "input_text", text: "hello there" }] }],
    }),
  ],
  anthropic: [
    get("models", "/v1/models", { "x-api-key": "drive", "anthropic-version": "2023-06-01" }),
    get("a model", "/v1/models/claude-test", { "x-api-key": "drive", "anthropic-version": "2023-06-01" }),
  ],
  gemini: [
    get("models", "/v1beta/models", { "x-goog-api-key": "drive" }),
    get("a model", "/v1beta/models/gemini-test", { "x-goog-api-key": "drive" }),
    post("embeddings", "/v1beta/models/gemini-test:batchEmbedContents", { "x-goog-api-key": "drive" }, { requests: ["hello", "there"].map((text) => ({ model: "models/gemini-test", content: { parts: [{ text }] }, outputDimensionality: 4 })) }),
    post("an embedding", "/v1beta/models/gemini-test:embedContent", { "x-goog-api-key": "drive" }, { content: { parts: [{ text: "hello" }] }, outputDimensionality: 4 }),
    post("words, as a stream that is one JSON array", "/v1beta/models/gemini-test:streamGenerateContent", { "x-goog-api-key": "drive" }, { contents: [{ parts: [{ text: "hello there" }] }], generationConfig: { maxOutputTokens: 2 } }),
  ],
  azure: [
    get("models", "/openai/models?api-version=2024-10-21", { "api-key": "drive" }),
    post("no api-version", "/openai/deployments/gpt-azure-test/chat/completions", { "api-key": "drive" }, {}),
    post("the path without versions", "/openai/v1/chat/completions", { "api-key": "drive" }, { model: "gpt-azure-test", messages: [{ role: "user", content: "hello there" }], max_tokens: 2 }),
  ],
  bedrock: [],
  openai_compatible: [get("models", "/v1/models", bearer)],
};
