import type { ChatEvent, ToolCall } from "../../kernel/chat.ts";
import type { ClientDialect, ClientError, WholeAnswer } from "../core/contracts.ts";
import { decodersOf } from "../core/reading.ts";
import { answerMetadata, metadataField } from "./answer-metadata.ts";
import { withId, withMetadata } from "./intact-pieces.ts";
import { usageObject } from "./openai-client-codes.ts";
import { readRequest } from "./openai-client-request.ts";
import { CompletionStream } from "./openai-client-stream.ts";

/** OpenAI chat completions, as clients of the gateway send them. */
export const openaiClient: ClientDialect = {
  ...decodersOf(readRequest),
  encodeAnswer,
  encodeError,
  streamEncoder: (head) => {
    const stream = new CompletionStream(head);
    return (event: ChatEvent) => stream.encode(event);
  },
};

function encodeAnswer(answer: WholeAnswer): string {
  if (answer.wire?.format === "openai") return withMetadata(withId(answer.wire.data, answer.id), answerMetadata(answer.attempts));
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

function toolCallObject({ id, name, arguments: text }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: text } };
}

function errorObject(error: Pick<ClientError, "type" | "code" | "message">): object {
  return { error: { message: error.message, type: error.type, param: null, code: error.code } };
}
