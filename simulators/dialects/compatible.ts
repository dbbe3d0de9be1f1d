import type { JsonObject, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { Decoded, ProviderDialect, ProviderFault, ResponseHead, WholeResponse } from "../core/contracts.ts";
import { compatibleFault, compatibleFaultOf } from "./compatible-faults.ts";
import { halfEvent, jsonBytes, withoutQuery } from "./json.ts";
import { chatEndpoint, openaiError } from "./openai-chat.ts";
import { decodeOpenai } from "./openai-request.ts";

const chat = chatEndpoint({
  decodeRequest: (body) => inOwnWords(decodeOpenai(body)),
  headers: (head: ResponseHead) => ({ "x-trace-id": head.answerId }),
  answer: { system_fingerprint: "fp_simulated" },
  choice: { logprobs: null },
  preface: null,
  usageOf: (usage: Usage): JsonObject => {
    const { inputTokens, outputTokens, cachedInputTokens: hit = 0 } = usage;
    const cache = { prompt_cache_hit_tokens: hit, prompt_cache_miss_tokens: inputTokens - hit };
    return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens, ...cache };
  },
  usageAt: "with_finish",
  errorOf: openaiError,
});

/**
 * A provider of OpenAI's chat completions and little else, such as DeepSeek, Mistral and Groq: usage is sent with the
 * finish reason, a busy server sends keep-alive comments, and there are no limit headers. Source:
 * api-docs.deepseek.com; checked with OpenAI's SDK.
 */
export const compatibleDialect: ProviderDialect = {
  name: "openai_compatible",
  modelsPath: /^(?:\/openai)?(?:\/v1)?\/models(?:\/(.+))?$/,
  endpointOf: (path) => (/^(\/openai)?(\/v1)?\/chat\/completions$/.test(withoutQuery(path)) ? chat : null),
  question: ({ model, text, maxTokens, stream }) => ({
    method: "POST",
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer drive", "content-type": "application/json" },
    body: jsonBytes({ model, messages: [{ role: "user", content: text }], max_tokens: maxTokens, stream }),
  }),
  checkHeaders: (headers) => (/^Bearer \S/.test(headers["authorization"] ?? "") ? null : compatibleFault(401, "Authentication Fails (auth header format should be Bearer sk-...)")),
  faultOf: (status) => compatibleFaultOf(status),
  modelNotFound: () => compatibleFault(404),
  notFound: (_method, path) => compatibleFault(404, `Not found: ${path}`),
  encodeFault,
  encodeModels: (models, _createdS, requestId) => {
    return whole(200, requestId, jsonBytes({ object: "list", data: models.map(modelOf) }));
  },
  encodeModel: (model, _createdS, requestId) => whole(200, requestId, jsonBytes(modelOf(model))),
  streamFaultStatus: 500,
  keepAlive: utf8Bytes(": keep-alive\n\n"),
  malform: halfEvent,
};

const modelOf = (id: string) => ({ id, object: "model", owned_by: "simulated" });

/** An invalid parameter is 422 here, and 400 at OpenAI. */
function inOwnWords(decoded: Decoded): Decoded {
  if (decoded.ok) return decoded;
  const { message, param } = decoded.fault;
  return { ok: false, fault: compatibleFault(param === undefined ? 400 : 422, message, param) };
}

function encodeFault(fault: ProviderFault, requestId: string): WholeResponse {
  if (fault.raw !== undefined) return whole(fault.status, requestId, utf8Bytes(fault.raw.text), { "content-type": fault.raw.contentType });
  return whole(fault.status, requestId, jsonBytes({ error: openaiError(fault) }));
}

function whole(status: number, requestId: string, body: Uint8Array, headers: Headers = {}): WholeResponse {
  const base = { "content-type": "application/json", "content-length": String(body.length), "x-trace-id": requestId };
  return { status, headers: { ...base, ...headers }, body };
}
