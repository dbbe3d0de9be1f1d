import type { Json, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, StreamEncoder, WholeResponse } from "../core/contracts.ts";
import { dataEvent, jsonBytes } from "./json.ts";
import { openaiFaultOf, openaiInvalid } from "./openai-faults.ts";
import { decodeOpenai } from "./openai-request.ts";

/** The provider's side of OpenAI chat completions. Shapes: platform.openai.com/docs/api-reference/chat, checked with the official SDK. */
export const openaiDialect: ProviderDialect = {
  name: "openai",
  answerPath: "/v1/chat/completions",
  checkHeaders: (headers) => (/^Bearer \S/.test(headers["authorization"] ?? "") ? null : missingKey),
  decodeRequest: decodeOpenai,
  faultOf: openaiFaultOf,
  modelNotFound: (model) => ({
    ...openaiInvalid(`The model \`${model}\` does not exist or you do not have access to it.`, null, "model_not_found"),
    status: 404,
  }),
  notFound: (method, path) => ({ ...openaiInvalid(`Invalid URL (${method} ${path})`, null, null), status: 404 }),
  encodeFault,
  encodeModels: (models, createdS, requestId) => {
    const data = models.map((id) => ({ id, object: "model", created: createdS, owned_by: "system" }));
    return whole(200, requestId, jsonBytes({ object: "list", data }));
  },
  encodeAnswer: (head, text, usage) => {
    const message = { role: "assistant", content: text, refusal: null };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: "stop" }];
    const body = { ...common(head, "chat.completion"), choices, usage: usageOf(usage) };
    return whole(200, head.answerId, jsonBytes(body));
  },
  streamHeaders: (head) => ({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-request-id": `req_${head.answerId}`,
  }),
  streamEncoder,
};

const missingKey: ProviderFault = {
  ...openaiInvalid("You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.", null, null),
  status: 401,
};

function common(head: ResponseHead, object: string) {
  return { id: `chatcmpl-${head.answerId}`, object, created: head.createdS, model: head.model, system_fingerprint: null };
}

function usageOf(usage: Usage) {
  const { inputTokens, outputTokens } = usage;
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

/** Role chunk, a chunk a piece, finish chunk, usage chunk when it was asked for, `[DONE]`. */
function streamEncoder(head: ResponseHead): StreamEncoder {
  const base = common(head, "chat.completion.chunk");
  const extra = head.includeUsage ? { usage: null } : {};
  const chunk = (delta: Json, finishReason: string | null) =>
    dataEvent({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }], ...extra });
  return {
    opening: () => utf8Bytes(chunk({ role: "assistant", content: "", refusal: null }, null)),
    piece: (text) => utf8Bytes(chunk({ content: text }, null)),
    closing: (usage) => {
      const usageChunk = head.includeUsage ? dataEvent({ ...base, choices: [], usage: usageOf(usage) }) : "";
      return utf8Bytes(`${chunk({}, "stop")}${usageChunk}data: [DONE]\n\n`);
    },
  };
}

function encodeFault(fault: ProviderFault, requestId: string): WholeResponse {
  const { message, type, code, param = null } = fault;
  const body = fault.raw === undefined ? jsonBytes({ error: { message, type, param, code } }) : utf8Bytes(fault.raw.text);
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
