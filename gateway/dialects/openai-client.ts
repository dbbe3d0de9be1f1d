import type { ChatEvent, ProviderError, ToolCall, Usage } from "../../kernel/chat.ts";
import type { ClientDialect, ClientError, WholeAnswer } from "../core/contracts.ts";
import { metadataField } from "./answer-metadata.ts";
import { decodeRequest } from "./openai-client-request.ts";

/** OpenAI chat completions, as clients of the gateway send them. */
export const openaiClient: ClientDialect = { decodeRequest, encodeAnswer, encodeError, streamEncoder };

function encodeAnswer(answer: WholeAnswer): string {
  const calls = answer.toolCalls ?? [];
  const content = answer.text === "" && calls.length > 0 ? null : answer.text;
  const message = { role: "assistant", content, refusal: null, ...(calls.length > 0 && { tool_calls: calls.map(toolCallObject) }) };
  return JSON.stringify({
    id: answer.id,
    object: "chat.completion",
    created: answer.createdS,
    model: answer.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finishReason }],
    ...(answer.usage !== null && { usage: usageObject(answer.usage) }),
    ...metadataField(answer.attempts),
  });
}

function encodeError(error: ClientError): string {
  return JSON.stringify(errorObject(error));
}

const emptyContent = '"content":""';

/**
 * The first chunk has the role. `[DONE]` stands for `end` and nothing else, so a client may rely on it. Usage is sent
 * once, before it, as the provider last reported it: some report it with every chunk, and clients add up what they
 * receive. The finish reason comes with the end as well, because a provider may send content after it.
 */
function streamEncoder(head: { id: string; model: string; createdS: number; includeUsage: boolean; attempts?: () => string }): (event: ChatEvent) => string {
  let opened = false;
  let usage: Usage | null = null;
  let finishReason: string | null = null;
  const chunk = (choices: readonly object[], used: object | null) => ({
    id: head.id,
    object: "chat.completion.chunk",
    created: head.createdS,
    model: head.model,
    choices,
    ...(head.includeUsage && { usage: used }),
  });
  const choice = (delta: object, finishReason: string | null, extraFields: object = {}) => {
    const role = opened ? {} : { role: "assistant" };
    opened = true;
    return eventText({ ...chunk([{ index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason: finishReason }], null), ...extraFields });
  };
  /** The JSON before and after the text in each chunk but the first. */
  let around: readonly string[] | null = null;
  const textChunk = (text: string) => {
    if (!opened) return choice({ content: text }, null);
    around ??= choice({ content: "" }, null).split(emptyContent);
    return `${around[0]}"content":${JSON.stringify(text)}${around[1]}`;
  };
  return (event) => {
    switch (event.type) {
      case "start":
        return opened ? "" : choice({ content: "" }, null);
      case "text":
        return textChunk(event.text);
      case "tool_call":
        return choice({ tool_calls: [{ index: event.index, id: event.id, type: "function", function: { name: event.name, arguments: "" } }] }, null);
      case "tool_arguments":
        return choice({ tool_calls: [{ index: event.index, function: { arguments: event.text } }] }, null);
      case "embedding":
      case "reasoning":
        return "";
      case "finish":
        finishReason = event.reason;
        return "";
      case "usage":
        ({ usage } = event);
        return "";
      case "error":
        return eventText(streamError(event.error));
      /** A named event, so that nobody takes it for content, and a chunk all the same, so that an SDK can parse it. */
      case "restart":
        return `event: restart\ndata: ${JSON.stringify({ ...chunk([], null), restart: { reason: event.reason } })}\n\n`;
      case "end":
        return `${finishReason === null ? "" : choice({}, finishReason, metadataField(head.attempts))}${head.includeUsage && usage !== null ? eventText(chunk([], usageObject(usage))) : ""}data: [DONE]\n\n`;
    }
  };
}

function toolCallObject({ id, name, arguments: text }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: text } };
}

function eventText(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function usageObject({ inputTokens, outputTokens, cachedInputTokens: cached = 0, reasoningTokens = 0 }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cached > 0 && { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoningTokens > 0 && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

function errorObject(error: Pick<ClientError, "type" | "code" | "message">): object {
  return { error: { message: error.message, type: error.type, param: null, code: error.code } };
}

function streamError(error: ProviderError): object {
  return errorObject({ type: "upstream_error", code: error.code, message: error.message });
}
