import type { Json, JsonObject, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, StreamEncoder, WholeResponse, WireEndpoint } from "../core/contracts.ts";
import { bedrockFault, bedrockFaultOf, streamExceptionOf } from "./bedrock-faults.ts";
import { bedrockCall, decodeBedrock } from "./bedrock-request.ts";
import { damagedMessage, eventStreamMessage } from "./event-stream.ts";
import { jsonBytes, wireJson, type Drift } from "./json.ts";

const drift: Drift = ["text", "content"];

const converse: WireEndpoint = {
  decodeRequest: decodeBedrock,
  encodeAnswer: (head, text, usage) => {
    const { shape } = head;
    const content: Json = shape.kind === "tool" ? { toolUse: { toolUseId: toolUseId(head), name: shape.name, input: JSON.parse(text) as Json } } : { text };
    const value = {
      metrics: { latencyMs: Math.round(head.generationMs) },
      output: { message: { content: [content], role: "assistant" } },
      stopReason: stopReason(head),
      usage: usageOf(usage),
    };
    return whole(200, head.answerId, utf8Bytes(wireJson(value, head, drift)));
  },
  streamHeaders: (head) => ({ "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": requestIdOf(head.answerId) }),
  streamEncoder,
};

/**
 * The provider's side of Amazon Bedrock's Converse and ConverseStream. A stream is binary, and ends after its
 * `metadata` event. Shapes: Amazon Bedrock API reference, checked with the official SDK.
 */
export const bedrockDialect: ProviderDialect = {
  name: "bedrock",
  modelsPath: null,
  endpointOf: (path) => (bedrockCall(path) === null ? null : converse),
  question: ({ model, text, maxTokens, stream }) => ({
    method: "POST",
    path: `/model/${encodeURIComponent(model)}/converse${stream ? "-stream" : ""}`,
    headers: { authorization: "Bearer drive", "content-type": "application/json" },
    body: jsonBytes({ messages: [{ role: "user", content: [{ text }] }], inferenceConfig: { maxTokens } }),
  }),
  checkHeaders: (headers) => (/^(AWS4-HMAC-SHA256|Bearer) \S/.test(headers["authorization"] ?? "") ? null : missingToken),
  faultOf: (status) => bedrockFaultOf(status),
  modelNotFound: () => bedrockFault(400, "The provided model identifier is invalid."),
  notFound: () => ({ ...bedrockFault(404, "<UnknownOperationException/>"), type: "UnknownOperationException" }),
  encodeFault,
  encodeModels: (_models, _createdS, requestId) => encodeFault(bedrockFault(404), requestId),
  encodeModel: (_model, _createdS, requestId) => encodeFault(bedrockFault(404), requestId),
  streamFaultStatus: 424,
  keepAlive: null,
  malform: damagedMessage,
};

const missingToken: ProviderFault = { ...bedrockFault(403, "Missing Authentication Token"), type: "MissingAuthenticationTokenException" };

const toolUseId = (head: ResponseHead) => `tooluse_${head.answerId}`;
const stopReason = (head: ResponseHead) => (head.shape.kind === "tool" ? "tool_use" : "end_turn");

/** Cached input is counted separately. */
function usageOf({ inputTokens, outputTokens, cachedInputTokens: cached = 0 }: Usage): JsonObject {
  const cache = cached === 0 ? {} : { cacheReadInputTokens: cached, cacheWriteInputTokens: 0 };
  return { inputTokens: inputTokens - cached, outputTokens, totalTokens: inputTokens + outputTokens, ...cache };
}

/**
 * messageStart, contentBlockStart for a tool, one contentBlockDelta for each piece, contentBlockStop, messageStop,
 * metadata.
 */
function streamEncoder(head: ResponseHead): StreamEncoder {
  const { shape } = head;
  const event = (type: string, value: Json) =>
    eventStreamMessage({ ":event-type": type, ":content-type": "application/json", ":message-type": "event" }, utf8Bytes(wireJson(value, head, drift)));
  const inBlock = { contentBlockIndex: 0 };
  return {
    opening: () => {
      const start = event("messageStart", { role: "assistant" });
      if (shape.kind !== "tool") return start;
      return joined(start, event("contentBlockStart", { ...inBlock, start: { toolUse: { toolUseId: toolUseId(head), name: shape.name } } }));
    },
    piece: (text) => event("contentBlockDelta", { ...inBlock, delta: shape.kind === "tool" ? { toolUse: { input: text } } : { text } }),
    closing: (usage) =>
      joined(
        event("contentBlockStop", inBlock),
        event("messageStop", { stopReason: stopReason(head) }),
        event("metadata", { usage: usageOf(usage), metrics: { latencyMs: Math.round(head.generationMs) } }),
      ),
    failure: (fault) =>
      eventStreamMessage(
        { ":exception-type": streamExceptionOf(fault), ":content-type": "application/json", ":message-type": "exception" },
        jsonBytes({ message: fault.message }),
      ),
  };
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function encodeFault(fault: ProviderFault, requestId: string): WholeResponse {
  if (fault.raw !== undefined) return whole(fault.status, requestId, utf8Bytes(fault.raw.text), { "content-type": fault.raw.contentType });
  return whole(fault.status, requestId, jsonBytes({ message: fault.message }), { "x-amzn-errortype": fault.type });
}

/** A request id in UUID form, from 16 letters `a`..`p`. */
function requestIdOf(letters: string): string {
  const hex = Array.from({ length: 16 }, (_, index) => (((letters.charCodeAt(index) || 97) - 97) & 15).toString(16)).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-8${hex.slice(13, 16)}-${hex.slice(0, 12)}`;
}

function whole(status: number, requestId: string, body: Uint8Array, headers: Headers = {}): WholeResponse {
  const base = { "content-type": "application/json", "content-length": String(body.length), "x-amzn-requestid": requestIdOf(requestId) };
  return { status, headers: { ...base, ...headers }, body };
}
