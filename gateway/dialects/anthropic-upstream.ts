import type { ChatEvent, ChatRequest, FinishReason, JsonObject } from "../../kernel/chat.ts";
import type { Headers, TransportRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { DeploymentConfig } from "../core/config.ts";
import { MalformedAnswer, type UpstreamDialect } from "../core/contracts.ts";
import { readAnswer, type AnswerReader } from "./answer.ts";
import { asArray, asNumber, asObject, asString, requireObject } from "./json.ts";
import { errorObject, providerError } from "./provider-error.ts";
import type { SseEvent } from "./sse.ts";

/** The API demands `max_tokens`; clients of the gateway need not give one. */
const MAX_TOKENS_DEFAULT = 1024;

/** Anthropic messages (version 2023-06-01), as a provider speaks them. `baseUrl` ends in `/v1`. */
export const anthropicUpstream: UpstreamDialect = {
  name: "anthropic",
  encodeRequest,
  decodeAnswer: (response, stream) => readAnswer(response, stream, new AnthropicReader()),
  decodeError: providerError,
};

/** System messages leave the list for `system`; `tool` results, plain text here, go as the user's. Temperature ends at 1. */
function encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): TransportRequest {
  const system = request.messages.filter(({ role }) => role === "system").map(({ content }) => content);
  const turns = request.messages.filter(({ role }) => role !== "system");
  const body = {
    model: deployment.model,
    max_tokens: request.maxTokens ?? MAX_TOKENS_DEFAULT,
    ...(system.length > 0 && { system: system.join("\n\n") }),
    messages: turns.map(({ role, content }) => ({ role: role === "assistant" ? "assistant" : "user", content })),
    stream: request.stream,
    ...(request.temperature !== null && { temperature: Math.min(1, request.temperature) }),
  };
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
    body: utf8Bytes(JSON.stringify(body)),
  };
}

class AnthropicReader implements AnswerReader {
  #started = false;
  #inputTokens = 0;

  whole(body: JsonObject): readonly ChatEvent[] {
    const error = this.errorIn(body);
    if (error !== null) return [error];
    const blocks = asArray(body["content"])?.map((block) => asObject(block)) ?? [];
    if (blocks.length === 0) throw new MalformedAnswer("Answer has no content");
    const text = blocks.map((block) => (block?.["type"] === "text" ? asString(block["text"]) : null) ?? "").join("");
    return [...this.#start(body), ...textEvents(text), ...finishOf(body), ...this.#usage(body), { type: "end" }];
  }

  /** Kinds of event that are not known are skipped, as the API's versioning policy asks; so is `ping`. */
  next({ event, data }: SseEvent): readonly ChatEvent[] {
    const body = requireObject(data, "Stream event");
    switch (asString(body["type"]) ?? event) {
      case "message_start":
        return this.#start(asObject(body["message"]));
      case "content_block_delta":
        this.#requireStarted();
        return textEvents(asString(asObject(body["delta"])?.["text"]) ?? "");
      case "message_delta":
        this.#requireStarted();
        return [...finishOf(asObject(body["delta"])), ...this.#usage(body)];
      case "message_stop":
        this.#requireStarted();
        return [{ type: "end" }];
      case "error":
        return [this.errorIn(body) ?? errorEvent("unknown", "")];
      default:
        return [];
    }
  }

  errorIn(body: JsonObject): ChatEvent | null {
    const error = errorObject(body);
    return error === null ? null : errorEvent(error.code, error.message);
  }

  #requireStarted(): void {
    if (!this.#started) throw new MalformedAnswer("Stream does not open with message_start");
  }

  #start(message: JsonObject | null): ChatEvent[] {
    if (message === null) throw new MalformedAnswer("message_start has no message");
    this.#started = true;
    this.#inputTokens = inputTokens(asObject(message["usage"]));
    return [{ type: "start", id: asString(message["id"]) ?? "", model: asString(message["model"]) ?? "" }];
  }

  /** Output tokens are cumulative in `message_delta`; input tokens came with the start. */
  #usage(body: JsonObject): ChatEvent[] {
    const outputTokens = asNumber(asObject(body["usage"])?.["output_tokens"]);
    return outputTokens === null ? [] : [{ type: "usage", usage: { inputTokens: this.#inputTokens, outputTokens } }];
  }
}

function errorEvent(code: string, message: string): ChatEvent {
  return { type: "error", error: { status: null, code, message, retryAfterMs: null } };
}

function textEvents(text: string): ChatEvent[] {
  return text === "" ? [] : [{ type: "text", text }];
}

/** `input_tokens` leaves out what was read from or written to the prompt cache; OpenAI's count does not. */
function inputTokens(usage: JsonObject | null): number {
  const of = (key: string) => asNumber(usage?.[key]) ?? 0;
  return of("input_tokens") + of("cache_creation_input_tokens") + of("cache_read_input_tokens");
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

function finishOf(holder: JsonObject | null): ChatEvent[] {
  const reason = asString(holder?.["stop_reason"]);
  return reason === null ? [] : [{ type: "finish", reason: finishReasons[reason] ?? "stop" }];
}
