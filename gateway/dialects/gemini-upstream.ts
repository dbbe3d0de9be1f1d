import type { ChatRequest } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import type { DeploymentConfig } from "../core/config.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
import { type EncodedRequest, jsonBody, withBody } from "../core/encoded-request.ts";
import { readAnswer } from "./answer.ts";
import { geminiError } from "./gemini-error.ts";
import { GeminiReader } from "./gemini-reader.ts";
import { batchEmbedBody, unsupportedByGemini, generateBody } from "./gemini-request.ts";

/** Gemini's generateContent and batchEmbedContents. `baseUrl` ends in the version, `/v1` or `/v1beta`. */
export const geminiUpstream: UpstreamDialect = {
  name: "gemini",
  encodeRequest,
  decodeAnswer: (response, stream, expected) => readAnswer(response, stream, new GeminiReader(expected?.model, expected?.answerId), { vectors: expected?.vectors, onKeepAlive: expected?.onKeepAlive }),
  decodeError: geminiError,
  unsupportedParameters: unsupportedByGemini,
};

function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): EncodedRequest {
  const isEmbedding = request.embedding !== undefined;
  const method = isEmbedding ? "batchEmbedContents" : request.stream ? "streamGenerateContent?alt=sse" : "generateContent";
  const body = isEmbedding ? batchEmbedBody(request, deployment.model) : generateBody(request);
  return withBody(jsonBody(request, body), {
    method: "POST",
    url: `${deployment.baseUrl}/models/${deployment.model}:${method}`,
    headers: {
      ...forwarded,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      "x-goog-api-key": credential,
    },
  });
}
