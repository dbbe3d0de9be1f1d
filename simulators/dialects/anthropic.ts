import type { Json } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, StreamEncoder, WholeResponse } from "../core/contracts.ts";
import { anthropicFault, anthropicFaultOf } from "./anthropic-faults.ts";
import { decodeAnthropic } from "./anthropic-request.ts";
import { isoTime } from "./iso-time.ts";
import { jsonBytes } from "./json.ts";

/** The provider's side of Anthropic messages. Shapes: docs.anthropic.com/en/api/messages, checked with the official SDK. */
export const anthropicDialect: ProviderDialect = {
  name: "anthropic",
  answerPath: "/v1/messages",
  checkHeaders,
  decodeRequest: decodeAnthropic,
  faultOf: anthropicFaultOf,
  modelNotFound: (model) => anthropicFault(404, `model: ${model}`),
  notFound: (_method, path) => anthropicFault(404, `Not found: ${path}`),
  encodeFault,
  encodeModels: (models, createdS, requestId) => {
    const data = models.map((id) => ({ type: "model", id, display_name: id, created_at: isoTime(createdS * 1000) }));
    return whole(200, requestId, jsonBytes({ data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }));
  },
  encodeAnswer: (head, text, usage) => {
    const body = {
      ...messageOf(head, [{ type: "text", text }], "end_turn"),
      usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens },
    };
    return whole(200, head.answerId, jsonBytes(body));
  },
  streamHeaders: (head) => ({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "request-id": `req_${head.answerId}`,
  }),
  streamEncoder,
};

function checkHeaders(headers: Headers): ProviderFault | null {
  const key = headers["x-api-key"] ?? headers["authorization"] ?? "";
  if (key === "") return anthropicFault(401, "x-api-key header is required");
  return headers["anthropic-version"] === undefined ? anthropicFault(400, "anthropic-version: header is required") : null;
}

function messageOf(head: ResponseHead, content: Json, stopReason: string | null) {
  const id = `msg_${head.answerId}`;
  return { id, type: "message", role: "assistant", model: head.model, content, stop_reason: stopReason, stop_sequence: null };
}

/** message_start, content_block_start, ping; a delta a piece; content_block_stop, message_delta with stop reason and usage, message_stop. */
function streamEncoder(head: ResponseHead): StreamEncoder {
  return {
    opening: () => {
      const message = { ...messageOf(head, [], null), usage: { input_tokens: head.inputTokens, output_tokens: 1 } };
      const start = event({ type: "message_start", message });
      const block = event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
      return utf8Bytes(start + block + event({ type: "ping" }));
    },
    piece: (text) => utf8Bytes(event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    closing: (usage) => {
      const delta = { stop_reason: "end_turn", stop_sequence: null };
      const ended = event({ type: "message_delta", delta, usage: { output_tokens: usage.outputTokens } });
      return utf8Bytes(event({ type: "content_block_stop", index: 0 }) + ended + event({ type: "message_stop" }));
    },
  };
}

function event(data: { readonly type: string } & { readonly [key: string]: Json }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function encodeFault(fault: ProviderFault, requestId: string, wallMs: number): WholeResponse {
  const error = { type: fault.type, message: fault.message };
  const body = fault.raw === undefined ? jsonBytes({ type: "error", error, request_id: `req_${requestId}` }) : utf8Bytes(fault.raw.text);
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
    "anthropic-ratelimit-requests-reset": isoTime(wallMs + (fault.retryAfterS ?? 1) * 1000),
  };
}

function whole(status: number, requestId: string, body: Uint8Array, headers: Headers = {}): WholeResponse {
  const base = { "content-type": "application/json", "content-length": String(body.length), "request-id": `req_${requestId}` };
  return { status, headers: { ...base, ...headers }, body };
}
