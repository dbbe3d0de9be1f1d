import type { Json, JsonObject, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, StreamEncoder, WholeResponse, WireEndpoint } from "../core/contracts.ts";
import { anthropicFault, anthropicFaultOf } from "./anthropic-faults.ts";
import { decodeAnthropic } from "./anthropic-request.ts";
import { utcText } from "../../kernel/calendar.ts";
import { around, quoted, halfEvent, jsonBytes, wireJson, withoutQuery, type Drift } from "./json.ts";

const drift: Drift = ["delta", "change"];
const wholeDrift: Drift = ["content", "output"];

const messages: WireEndpoint = {
  decodeRequest: decodeAnthropic,
  encodeAnswer: (head, text, usage) => {
    const value = { ...messageOf(head, [blockOf(head, text)], stopReason(head)), usage: usageOf(usage) };
    return whole(200, head.answerId, utf8Bytes(wireJson(value, head, wholeDrift)));
  },
  streamHeaders: (head) => ({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "request-id": `req_${head.answerId}`,
  }),
  streamEncoder,
};

/**
 * The provider's side of Anthropic messages. Shapes: docs.anthropic.com/en/api/messages, checked with the official SDK.
 */
export const anthropicDialect: ProviderDialect = {
  name: "anthropic",
  modelsPath: /^\/v1\/models(?:\/(.+))?$/,
  endpointOf: (path) => (withoutQuery(path) === "/v1/messages" ? messages : null),
  question: ({ model, text, maxTokens, stream }) => ({
    method: "POST",
    path: "/v1/messages",
    headers: { "x-api-key": "drive", "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: jsonBytes({ model, messages: [{ role: "user", content: text }], max_tokens: maxTokens, stream }),
  }),
  checkHeaders,
  faultOf: anthropicFaultOf,
  modelNotFound: (model) => anthropicFault(404, `model: ${model}`),
  notFound: (_method, path) => anthropicFault(404, `Not found: ${path}`),
  encodeFault,
  encodeModels: (models, createdS, requestId) => {
    const data = models.map((id) => modelOf(id, createdS));
    return whole(200, requestId, jsonBytes({ data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }));
  },
  encodeModel: (model, createdS, requestId) => whole(200, requestId, jsonBytes(modelOf(model, createdS))),
  streamFaultStatus: 529,
  keepAlive: utf8Bytes('event: ping\ndata: {"type":"ping"}\n\n'),
  malform: halfEvent,
};

const modelOf = (id: string, createdS: number) => ({ type: "model", id, display_name: id, created_at: utcText(createdS * 1000) });

function checkHeaders(headers: Headers): ProviderFault | null {
  const key = headers["x-api-key"] ?? headers["authorization"] ?? "";
  if (key === "") return anthropicFault(401, "x-api-key header is required");
  return headers["anthropic-version"] === undefined ? anthropicFault(400, "anthropic-version: header is required") : null;
}

function messageOf(head: ResponseHead, content: Json, stopReason: string | null) {
  const id = `msg_${head.answerId}`;
  return { id, type: "message", role: "assistant", model: head.model, content, stop_reason: stopReason, stop_sequence: null };
}

const stopReason = (head: ResponseHead) => (head.shape.kind === "tool" ? "tool_use" : "end_turn");

const toolUse = (head: ResponseHead, name: string, input: Json) => ({ type: "tool_use", id: `toolu_${head.answerId}`, name, input });

function blockOf(head: ResponseHead, text: string): Json {
  const { shape } = head;
  return shape.kind === "tool" ? toolUse(head, shape.name, JSON.parse(text) as Json) : { type: "text", text };
}

/** Cached input is counted separately. */
function usageOf({ inputTokens, outputTokens, cachedInputTokens: cached }: Usage): JsonObject {
  if (cached === undefined) return { input_tokens: inputTokens, output_tokens: outputTokens };
  return { input_tokens: inputTokens - cached, cache_creation_input_tokens: 0, cache_read_input_tokens: cached, output_tokens: outputTokens };
}

/**
 * message_start, content_block_start, ping, one delta for each piece, content_block_stop, message_delta with stop
 * reason and usage, message_stop.
 */
function streamEncoder(head: ResponseHead): StreamEncoder {
  const { shape } = head;
  const event = (data: Named) => `event: ${data.type}\ndata: ${wireJson(data, head, drift)}\n\n`;
  const [before, after] = around((text) => {
    const delta = shape.kind === "tool" ? { type: "input_json_delta", partial_json: text } : { type: "text_delta", text };
    return event({ type: "content_block_delta", index: 0, delta });
  });
  return {
    opening: () => {
      const message = { ...messageOf(head, [], null), usage: { input_tokens: head.inputTokens, output_tokens: 1 } };
      const start = event({ type: "message_start", message });
      const block = shape.kind === "tool" ? toolUse(head, shape.name, {}) : { type: "text", text: "" };
      return utf8Bytes(start + event({ type: "content_block_start", index: 0, content_block: block }) + event({ type: "ping" }));
    },
    piece: (text) => utf8Bytes(before + quoted(text) + after),
    pieces: (texts) => utf8Bytes(texts.map((text) => before + quoted(text) + after).join("")),
    closing: (usage) => {
      const delta = { stop_reason: stopReason(head), stop_sequence: null };
      const ended = event({ type: "message_delta", delta, usage: { output_tokens: usage.outputTokens } });
      return utf8Bytes(event({ type: "content_block_stop", index: 0 }) + ended + event({ type: "message_stop" }));
    },
    failure: (fault) => utf8Bytes(event({ type: "error", error: errorOf(fault), request_id: `req_${head.answerId}` })),
  };
}

type Named = { readonly type: string } & JsonObject;

const errorOf = (fault: ProviderFault): Json => ({ type: fault.type, message: fault.message });

function encodeFault(fault: ProviderFault, requestId: string, wallMs: number): WholeResponse {
  const body = fault.raw === undefined ? jsonBytes({ type: "error", error: errorOf(fault), request_id: `req_${requestId}` }) : utf8Bytes(fault.raw.text);
  const headers = { ...faultHeaders(fault, wallMs), ...(fault.raw && { "content-type": fault.raw.contentType }) };
  return whole(fault.status, requestId, body, headers);
}

function faultHeaders(fault: ProviderFault, wallMs: number): Headers {
  const retry: Headers = fault.retryAfterS === undefined ? {} : { "retry-after": String(fault.retryAfterS) };
  if (fault.status !== 429) return retry;
  return {
    ...retry,
    "anthropic-ratelimit-requests-limit": "4000",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": utcText(wallMs + (fault.retryAfterS ?? 1) * 1000),
  };
}

function whole(status: number, requestId: string, body: Uint8Array, headers: Headers = {}): WholeResponse {
  const base = { "content-type": "application/json", "content-length": String(body.length), "request-id": `req_${requestId}` };
  return { status, headers: { ...base, ...headers }, body };
}
