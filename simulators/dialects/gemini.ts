import type { Json, JsonObject, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { WireEndpoint, ProviderDialect, ProviderFault, ResponseHead, StreamEncoder, WholeResponse } from "../core/contracts.ts";
import { geminiEmbeddings } from "./gemini-embeddings.ts";
import { geminiError, geminiFault, geminiFaultOf, geminiNotFound } from "./gemini-faults.ts";
import { decodeGemini, geminiCall } from "./gemini-request.ts";
import { around, halfEvent, jsonBytes, wireJson, type Drift } from "./json.ts";

const drift: Drift = ["candidates", "responses"];

/** The framing of a stream's chunks: server-sent events with `alt=sse`, else the elements of one JSON array. */
interface Framing {
  readonly contentType: string;
  readonly before: string;
  readonly between: string;
  readonly after: string;
  readonly end: string;
}

const events: Framing = { contentType: "text/event-stream", before: "data: ", between: "data: ", after: "\r\n\r\n", end: "" };
const array: Framing = { contentType: "application/json; charset=UTF-8", before: "[", between: ",\r\n", after: "", end: "]" };

const generate: WireEndpoint = generateIn(events);
const generateArray: WireEndpoint = generateIn(array);
const [embedBatch, embedOne] = [geminiEmbeddings(true), geminiEmbeddings(false)];

function generateIn(framing: Framing): WireEndpoint {
  return {
    decodeRequest: decodeGemini,
    encodeAnswer: (head, text, usage) => {
      const value = { ...chunkOf([partOf(head, text)], "STOP"), usageMetadata: usageOf(usage) };
      return whole(200, utf8Bytes(wireJson(withIdentity(head, value), head, drift)));
    },
    streamHeaders: () => ({ "content-type": framing.contentType, "cache-control": "no-cache", "x-content-type-options": "nosniff" }),
    streamEncoder: (head) => streamEncoder(head, framing),
  };
}

/**
 * The provider's side of Gemini: generateContent, streamGenerateContent, embeddings and models. A stream has no
 * terminal event: its last chunk has a finishReason. Shapes: ai.google.dev/api/generate-content, checked with the
 * official SDK.
 */
export const geminiDialect: ProviderDialect = {
  name: "gemini",
  modelsPath: /^\/v1(?:beta\d*|alpha)?\/models(?:\/([^:]+))?$/,
  endpointOf: (path) => {
    const method = geminiCall(path)?.method;
    if (method === "streamGenerateContent") return /[?&]alt=sse(&|$)/.test(path) ? generate : generateArray;
    if (method === "batchEmbedContents") return embedBatch;
    if (method === "embedContent") return embedOne;
    return method === "generateContent" ? generate : null;
  },
  question: ({ model, text, maxTokens, stream }) => ({
    method: "POST",
    path: `/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    headers: { "x-goog-api-key": "drive", "content-type": "application/json" },
    body: jsonBytes({ contents: [{ role: "user", parts: [{ text }] }], generationConfig: { maxOutputTokens: maxTokens } }),
  }),
  checkHeaders: (headers, path) => (headers["x-goog-api-key"] || headers["authorization"] || /[?&]key=[^&]/.test(path) ? null : missingKey),
  faultOf: geminiFaultOf,
  modelNotFound: geminiNotFound,
  notFound: (_method, path) => geminiFault(404, `Requested entity was not found: ${path}`),
  encodeFault,
  encodeModels: (models) => whole(200, jsonBytes({ models: models.map(modelOf) })),
  encodeModel: (model) => whole(200, jsonBytes(modelOf(model))),
  streamFaultStatus: 503,
  keepAlive: utf8Bytes(": keep-alive\n\n"),
  malform: halfEvent,
};

const missingKey = geminiFault(
  403,
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
);

function modelOf(id: string): Json {
  return {
    name: `models/${id}`,
    version: "001",
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ["generateContent", "streamGenerateContent"],
  };
}

function partOf(head: ResponseHead, text: string): Json {
  const { shape } = head;
  return shape.kind === "tool" ? { functionCall: { name: shape.name, args: JSON.parse(text) as Json } } : { text };
}

function chunkOf(parts: readonly Json[], finishReason: string | null): JsonObject {
  return { candidates: [{ content: { parts, role: "model" }, ...(finishReason !== null && { finishReason }), index: 0 }] };
}

function withIdentity(head: ResponseHead, value: JsonObject): JsonObject {
  return { ...value, modelVersion: head.model, responseId: head.answerId };
}

function usageOf({ inputTokens, outputTokens, cachedInputTokens: cached }: Usage): JsonObject {
  return {
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens,
    totalTokenCount: inputTokens + outputTokens,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: inputTokens }],
    ...(cached !== undefined && { cachedContentTokenCount: cached }),
  };
}

/** One chunk for each piece (a function call is one chunk, at the end). The last has finish reason and usage. */
function streamEncoder(head: ResponseHead, framing: Framing): StreamEncoder {
  let held = "";
  let isFirst = true;
  const isTool = head.shape.kind === "tool";
  const framed = (json: string, end = "") => {
    const start = isFirst ? framing.before : framing.between;
    isFirst = false;
    return utf8Bytes(start + json + framing.after + end);
  };
  const json = (value: JsonObject) => wireJson(withIdentity(head, value), head, drift);
  const [before, after] = around((text) => json(chunkOf([{ text }], null)));
  return {
    opening: () => new Uint8Array(),
    piece: (text) => {
      if (!isTool) return framed(before + JSON.stringify(text) + after);
      held += text;
      return new Uint8Array();
    },
    closing: (usage) => framed(json({ ...chunkOf([isTool ? partOf(head, held) : { text: "" }], "STOP"), usageMetadata: usageOf(usage) }), framing.end),
    failure: (fault) => framed(JSON.stringify(geminiError(fault)), framing.end),
  };
}

function encodeFault(fault: ProviderFault): WholeResponse {
  if (fault.raw === undefined) return whole(fault.status, jsonBytes(geminiError(fault)));
  return whole(fault.status, utf8Bytes(fault.raw.text), { "content-type": fault.raw.contentType });
}

function whole(status: number, body: Uint8Array, headers: Headers = {}): WholeResponse {
  const base = { "content-type": "application/json; charset=UTF-8", "content-length": String(body.length), vary: "Origin, X-Origin, Referer" };
  return { status, headers: { ...base, ...headers }, body };
}
