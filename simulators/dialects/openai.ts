import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, WholeResponse, WireEndpoint } from "../core/contracts.ts";
import { halfEvent, jsonBytes, withoutQuery } from "./json.ts";
import { chatEndpoint, openaiChatFlavour, openaiError } from "./openai-chat.ts";
import { embeddingsEndpoint } from "./openai-embeddings.ts";
import { openaiFaultOf, openaiInvalid } from "./openai-faults.ts";
import { responsesEndpoint } from "./openai-responses.ts";

const headersOf = (head: ResponseHead): Headers => ({ "x-request-id": `req_${head.answerId}` });

const endpoints: ReadonlyMap<string, WireEndpoint> = new Map([
  ["/v1/chat/completions", chatEndpoint(openaiChatFlavour)],
  ["/v1/responses", responsesEndpoint(headersOf)],
  ["/v1/embeddings", embeddingsEndpoint(headersOf)],
]);

const modelOf = (id: string, createdS: number) => ({ id, object: "model", created: createdS, owned_by: "system" });

/** The provider's side of OpenAI: chat completions, responses, embeddings, models. */
export const openaiDialect: ProviderDialect = {
  name: "openai",
  modelsPath: /^\/v1\/models(?:\/(.+))?$/,
  endpointOf: (path) => endpoints.get(withoutQuery(path)) ?? null,
  question: ({ model, text, maxTokens, stream }) => ({
    method: "POST",
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer drive", "content-type": "application/json" },
    body: jsonBytes({ model, messages: [{ role: "user", content: text }], max_tokens: maxTokens, stream }),
  }),
  checkHeaders: (headers) => (/^Bearer \S/.test(headers["authorization"] ?? "") ? null : missingKey),
  faultOf: openaiFaultOf,
  modelNotFound: (model) => ({
    ...openaiInvalid(`The model \`${model}\` does not exist or you do not have access to it.`, null, "model_not_found"),
    status: 404,
  }),
  notFound: (method, path) => ({ ...openaiInvalid(`Invalid URL (${method} ${path})`, null, null), status: 404 }),
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

/** The same server, of which the Responses API is asked. */
export const openaiResponsesDialect: ProviderDialect = {
  ...openaiDialect,
  name: "openai_responses",
  question: ({ model, text, maxTokens, stream }) => ({
    method: "POST",
    path: "/v1/responses",
    headers: { authorization: "Bearer drive", "content-type": "application/json" },
    body: jsonBytes({ model, input: text, max_output_tokens: maxTokens, stream }),
  }),
};

const missingKey: ProviderFault = {
  ...openaiInvalid("You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.", null, null),
  status: 401,
};

function encodeFault(fault: ProviderFault, requestId: string): WholeResponse {
  const body = fault.raw === undefined ? jsonBytes({ error: openaiError(fault) }) : utf8Bytes(fault.raw.text);
  return whole(fault.status, requestId, body, { ...faultHeaders(fault), ...(fault.raw && { "content-type": fault.raw.contentType }) });
}

function faultHeaders(fault: ProviderFault): Headers {
  const retry: Headers = fault.retryAfterS === undefined ? {} : { "retry-after": String(fault.retryAfterS) };
  if (fault.status !== 429) return retry;
  return {
    ...retry,
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": `${fault.retryAfterS ?? 1}s`,
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-tokens": "1999000",
    "x-ratelimit-reset-tokens": "30ms",
  };
}

function whole(status: number, requestId: string, body: Uint8Array, headers: Headers = {}): WholeResponse {
  const base = { "content-type": "application/json", "content-length": String(body.length), "x-request-id": `req_${requestId}` };
  return { status, headers: { ...base, ...headers }, body };
}
