import type { ChatRequest } from "../../kernel/chat.ts";
import type { Headers, TransportRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { DeploymentConfig } from "../core/config.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
import { AnthropicReader } from "./anthropic-reader.ts";
import { unsupportedParameters, messagesBody } from "./anthropic-request.ts";
import { readAnswer } from "./answer.ts";
import { providerError } from "./provider-error.ts";

/** Anthropic messages (version 2023-06-01), as the provider's API. `baseUrl` ends in `/v1`. */
export const anthropicUpstream: UpstreamDialect = {
  name: "anthropic",
  encodeRequest,
  decodeAnswer: (response, stream, expected) => readAnswer(response, stream, new AnthropicReader(expected?.answerId)),
  decodeError: providerError,
  unsupportedParameters,
};

function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): TransportRequest {
  return {
    method: "POST",
    url: `${deployment.baseUrl}/messages`,
    headers: {
      ...forwarded,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      "x-api-key": credential,
      "anthropic-version": "2023-06-01",
    },
    body: utf8Bytes(JSON.stringify(messagesBody(request, deployment))),
  };
}
