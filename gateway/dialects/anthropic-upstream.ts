import type { ChatRequest } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import type { DeploymentConfig } from "../core/config.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
import { type EncodedRequest, jsonBody, type RequestBody, withBody } from "../core/encoded-request.ts";
import { AnthropicReader } from "./anthropic-reader.ts";
import { callId, unsupportedParameters, messagesBody, toolObject } from "./anthropic-request.ts";
import { readAnswer } from "./answer.ts";
import { ownBody, type OwnWords } from "./own-request.ts";
import { providerError } from "./provider-error.ts";

/** Anthropic messages (version 2023-06-01), as the provider's API. `baseUrl` ends in `/v1`. */
export const anthropicUpstream: UpstreamDialect = {
  name: "anthropic",
  format: "anthropic",
  encodeRequest,
  decodeAnswer: (response, stream, expected) => readAnswer(response, stream, new AnthropicReader(expected?.answerId, expected?.keepsPieces), { onKeepAlive: expected?.onKeepAlive, keeps: expected?.keepsPieces === true ? "anthropic" : null }),
  decodeError: providerError,
  unsupportedParameters,
};

function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): EncodedRequest {
  return withBody(bodyOf(request, deployment), {
    method: "POST",
    url: `${deployment.baseUrl}/messages`,
    headers: {
      "anthropic-version": "2023-06-01",
      ...(request.source?.format === "anthropic" && request.source.headers),
      ...forwarded,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      "x-api-key": credential,
    },
  });
}

const words: OwnWords = { callId, list: "messages", limits: ["max_tokens"], asksForUsage: false, message: (message) => [message], tool: toolObject };

function bodyOf(request: ChatRequest, deployment: DeploymentConfig): RequestBody {
  const { source } = request;
  return source?.format === "anthropic" ? ownBody(source, request, deployment.model, words) : jsonBody(request, messagesBody(request, deployment));
}
