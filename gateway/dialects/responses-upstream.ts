import type { ChatRequest } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import type { DeploymentConfig } from "../core/config.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
import { type EncodedRequest, jsonBody, type RequestBody, withBody } from "../core/encoded-request.ts";
import { readAnswer } from "./answer.ts";
import { ownBody, type OwnWords } from "./own-request.ts";
import { providerError } from "./provider-error.ts";
import { ResponsesReader } from "./responses-reader.ts";
import { callId, inputItems, responsesBody, toolItem, unsupportedByResponses } from "./responses-request.ts";

/** OpenAI's Responses API, of OpenAI and of servers that speak it. `baseUrl` ends in `/v1`. */
export const responsesUpstream: UpstreamDialect = {
  name: "openai_responses",
  format: "openai_responses",
  encodeRequest,
  decodeAnswer: (response, stream, expected) => readAnswer(response, stream, new ResponsesReader(expected?.answerId), { onKeepAlive: expected?.onKeepAlive, keeps: expected?.keepsPieces === true ? "openai_responses" : null }),
  decodeError: providerError,
  unsupportedParameters: unsupportedByResponses,
};

function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): EncodedRequest {
  return withBody(bodyOf(request, deployment.model), {
    method: "POST",
    url: `${deployment.baseUrl}/responses`,
    headers: {
      ...(request.source?.format === "openai_responses" && request.source.headers),
      ...forwarded,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      authorization: `Bearer ${credential}`,
    },
  });
}

const words: OwnWords = { callId, list: "input", limits: ["max_output_tokens"], asksForUsage: false, message: inputItems, tool: toolItem };

function bodyOf(request: ChatRequest, model: string): RequestBody {
  const { source } = request;
  return source?.format === "openai_responses" ? ownBody(source, request, model, words) : jsonBody(request, responsesBody(request, model));
}
