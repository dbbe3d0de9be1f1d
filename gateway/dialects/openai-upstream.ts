import type { ChatEvent, ChatRequest, FinishReason, Json, JsonObject } from "../../kernel/chat.ts";
import type { Headers, TransportRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { DeploymentConfig } from "../core/config.ts";
import { MalformedAnswer, type UpstreamDialect } from "../core/contracts.ts";
import { readAnswer, type AnswerReader } from "./answer.ts";
import { asArray, asNumber, asObject, asString, requireObject } from "./json.ts";
import { errorObject, providerError } from "./provider-error.ts";
import type { SseEvent } from "./sse.ts";

/** OpenAI chat completions, as a provider speaks them. `baseUrl` ends in `/v1`. A stream always asks for usage: the gateway accounts for it. */
export const openaiUpstream: UpstreamDialect = {
  name: "openai",
  encodeRequest,
  decodeAnswer: (response, stream) => readAnswer(response, stream, new OpenaiReader()),
  decodeError: providerError,
};

function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): TransportRequest {
  const body = {
    model: deployment.model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    stream: request.stream,
    ...(request.stream && { stream_options: { include_usage: true } }),
    ...(request.maxTokens !== null && { max_tokens: request.maxTokens }),
    ...(request.temperature !== null && { temperature: request.temperature }),
  };
  return {
    method: "POST",
    url: `${deployment.baseUrl}/chat/completions`,
    headers: {
      ...forwarded,
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      authorization: `Bearer ${credential}`,
    },
    body: utf8Bytes(JSON.stringify(body)),
  };
}

class OpenaiReader implements AnswerReader {
  #started = false;

  whole(body: JsonObject): readonly ChatEvent[] {
    const error = this.errorIn(body);
    if (error !== null) return [error];
    const choice = asObject(asArray(body["choices"])?.[0]);
    const message = asObject(choice?.["message"]);
    if (choice === null || message === null) throw new MalformedAnswer("Answer has no choices[0].message");
    return [...this.#start(body), ...textOf(message), ...finishOf(choice), ...usageOf(body), { type: "end" }];
  }

  next({ data }: SseEvent): readonly ChatEvent[] {
    if (data === "[DONE]") {
      if (!this.#started) throw new MalformedAnswer("Stream is done without any choice");
      return [{ type: "end" }];
    }
    const chunk = requireObject(data, "Stream chunk");
    const error = this.errorIn(chunk);
    if (error !== null) return [error];
    const choices = asArray(chunk["choices"]);
    if (choices === null) throw new MalformedAnswer("Stream chunk has no choices");
    const choice = asObject(choices[0]);
    if (choice === null) return usageOf(chunk);
    return [...this.#start(chunk), ...textOf(asObject(choice["delta"])), ...finishOf(choice), ...usageOf(chunk)];
  }

  errorIn(body: JsonObject): ChatEvent | null {
    const error = errorObject(body);
    return error === null ? null : { type: "error", error: { status: null, ...error, retryAfterMs: null } };
  }

  #start(body: JsonObject): ChatEvent[] {
    if (this.#started) return [];
    this.#started = true;
    return [{ type: "start", id: asString(body["id"]) ?? "", model: asString(body["model"]) ?? "" }];
  }
}

/** A role alone is not content. A refusal is text that the user must see. */
function textOf(message: JsonObject | null): ChatEvent[] {
  const text = asString(message?.["content"]) || asString(message?.["refusal"]) || "";
  return text === "" ? [] : [{ type: "text", text }];
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content_filter",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
};

/** Reasons of other makers count as `stop`, but for `error` (OpenRouter): that is a failure without its error object. */
function finishOf(choice: JsonObject): ChatEvent[] {
  const reason = asString(choice["finish_reason"]);
  if (reason === null) return [];
  if (reason === "error") return [{ type: "error", error: { status: null, code: "finish_reason_error", message: "", retryAfterMs: null } }];
  return [{ type: "finish", reason: finishReasons[reason] ?? "stop" }];
}

function usageOf(body: { readonly [key: string]: Json }): ChatEvent[] {
  const usage = asObject(body["usage"]);
  if (usage === null) return [];
  const [inputTokens, outputTokens] = [asNumber(usage["prompt_tokens"]) ?? 0, asNumber(usage["completion_tokens"]) ?? 0];
  return [{ type: "usage", usage: { inputTokens, outputTokens } }];
}
