import type { Json } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { Decoded, ProviderDialect, ProviderFault, ResponseHead, WholeResponse, WireEndpoint } from "../core/contracts.ts";
import { azureError, azureFault, azureFaultOf, completionFilter, promptFilter } from "./azure-faults.ts";
import { halfEvent, jsonBytes, parseObject, pathSegments } from "./json.ts";
import { chatEndpoint, openaiUsage } from "./openai-chat.ts";
import { embeddingsEndpoint } from "./openai-embeddings.ts";
import { decodeOpenai } from "./openai-request.ts";
import { responsesEndpoint } from "./openai-responses.ts";

const region = "Sweden Central";

const chat = chatEndpoint({
  decodeRequest: (body, path) => decodeOpenai(withModel(body, path)),
  headers: headersOf,
  answer: { prompt_filter_results: promptFilter, system_fingerprint: null },
  choice: { content_filter_results: completionFilter, logprobs: null },
  preface: { choices: [], created: 0, id: "", model: "", object: "", prompt_filter_results: promptFilter },
  usageOf: openaiUsage,
  usageAt: "own_chunk",
  errorOf: azureError,
});

const embeddings = embeddingsEndpoint(headersOf);
const endpoints: ReadonlyMap<string, WireEndpoint> = new Map([
  ["chat/completions", chat],
  ["embeddings", { ...embeddings, decodeRequest: (body: Uint8Array, path: string): Decoded => embeddings.decodeRequest(withModel(body, path), path) }],
  ["responses", responsesEndpoint(headersOf)],
]);

/**
 * The provider's side of Azure OpenAI: OpenAI's formats under `/openai/deployments/{deployment}/…?api-version=` and
 * `/openai/v1/…`, with Azure's own errors, headers and content filter annotations. Source: learn.microsoft.com, Azure
 * OpenAI REST reference; checked with OpenAI's SDK.
 */
export const azureDialect: ProviderDialect = {
  name: "azure",
  modelsPath: /^\/openai(?:\/v1)?\/models(?:\/(.+))?$/,
  endpointOf: (path) => {
    const call = azureCall(path);
    return call === null ? null : (endpoints.get(call.operation) ?? null);
  },
  question: ({ model, text, maxTokens, stream }) => ({
    method: "POST",
    path: `/openai/deployments/${encodeURIComponent(model)}/chat/completions?api-version=2024-10-21`,
    headers: { "api-key": "drive", "content-type": "application/json" },
    body: jsonBytes({ messages: [{ role: "user", content: text }], max_tokens: maxTokens, stream }),
  }),
  checkHeaders: (headers, path) => {
    if (!headers["api-key"] && !/^Bearer \S/.test(headers["authorization"] ?? "")) return azureFault(401);
    return path.startsWith("/openai/v1/") || /[?&]api-version=[^&]/.test(path) ? null : resourceNotFound;
  },
  faultOf: (status, _model, retryAfterS) => azureFaultOf(status, retryAfterS),
  modelNotFound: () => azureFault(404),
  notFound: () => resourceNotFound,
  encodeFault,
  encodeModels: (models, createdS, requestId) => {
    const data = models.map((id) => modelOf(id, createdS));
    return whole(200, requestId, jsonBytes({ object: "list", data }));
  },
  encodeModel: (model, createdS, requestId) => whole(200, requestId, jsonBytes(modelOf(model, createdS))),
  streamFaultStatus: 500,
  keepAlive: utf8Bytes(": keep-alive\n\n"),
  malform: halfEvent,
};

function modelOf(id: string, createdS: number): Json {
  return { id, object: "model", created_at: createdS, status: "succeeded", capabilities: { chat_completion: true, inference: true } };
}

const resourceNotFound: ProviderFault = { ...azureFault(404, "Resource not found"), code: "404" };

/** Deployment (null: the body names it) and operation of a path below `/openai`. Null for any other path. */
function azureCall(path: string): { readonly deployment: string | null; readonly operation: string } | null {
  const segments = pathSegments(path);
  if (segments === null || segments[0] !== "openai") return null;
  if (segments[1] === "deployments") return { deployment: segments[2] ?? "", operation: segments.slice(3).join("/") };
  return { deployment: null, operation: segments.slice(segments[1] === "v1" ? 2 : 1).join("/") };
}

/** The deployment of the path replaces `model` of the body. */
function withModel(body: Uint8Array, path: string): Uint8Array {
  const deployment = azureCall(path)?.deployment ?? null;
  const fields = parseObject(body);
  return deployment === null || fields === null ? body : jsonBytes({ ...fields, model: deployment });
}

function headersOf(head: ResponseHead): Headers {
  return idsOf(head.answerId);
}

function idsOf(requestId: string): Headers {
  return { "apim-request-id": requestId, "x-request-id": requestId, "x-ms-region": region, "x-content-type-options": "nosniff" };
}

function encodeFault(fault: ProviderFault, requestId: string): WholeResponse {
  const retry: Headers = fault.retryAfterS === undefined ? {} : { "retry-after": String(fault.retryAfterS), "retry-after-ms": String(fault.retryAfterS * 1000) };
  if (fault.raw !== undefined) return whole(fault.status, requestId, utf8Bytes(fault.raw.text), { "content-type": fault.raw.contentType });
  return whole(fault.status, requestId, jsonBytes({ error: azureError(fault) }), retry);
}

function whole(status: number, requestId: string, body: Uint8Array, headers: Headers = {}): WholeResponse {
  const base = { "content-type": "application/json", "content-length": String(body.length), ...idsOf(requestId) };
  return { status, headers: { ...base, ...headers }, body };
}
