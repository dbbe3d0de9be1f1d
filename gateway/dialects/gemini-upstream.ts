import type { ChatRequest } from "../../kernel/chat.ts";
import type { Headers, TransportRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { DeploymentConfig } from "../core/config.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
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

function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): TransportRequest {
  const isEmbedding = request.embedding !== undefined;
  const method = isEmbedding ? "batchEmbedContents" : request.stream ? "streamGenerateContent?alt=sse" : "generateContent";
  const body = isEmbedding ? batchEmbedBody(request, deployment.model) : generateBody(request);
  return {
    method: "POST",
    url: `${deployment.baseUrl}/models/${deployment.model}:${method}`,
    headers: {
      ...forwarded,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      "x-goog-api-key": credential,
    },
    body: utf8Bytes(JSON.stringify(body)),
  };
}
