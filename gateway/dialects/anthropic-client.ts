import type { ChatEvent, ToolCall } from "../../kernel/chat.ts";
import type { ClientDialect, ClientError, WholeAnswer } from "../core/contracts.ts";
import { decodersOf } from "../core/reading.ts";
import { answerMetadata, metadataField } from "./answer-metadata.ts";
import { withCounts } from "./anthropic-counts.ts";
import { readMessagesRequest } from "./anthropic-client-request.ts";
import { MessageStream } from "./anthropic-client-stream.ts";
import { errorType, stopReason, usageObject } from "./anthropic-client-codes.ts";
import { withId, withMetadata } from "./intact-pieces.ts";
import { argumentsObject } from "./tool-calls.ts";

/** Anthropic messages, as clients of the gateway send them to `POST /v1/messages`. */
export const anthropicClient: ClientDialect = {
  ...decodersOf(readMessagesRequest),
  encodeAnswer,
  encodeError: (error) => JSON.stringify(errorBody(error)),
  streamEncoder: (head) => {
    const stream = new MessageStream(head);
    return (event: ChatEvent) => stream.encode(event);
  },
  idPrefix: "msg_",
  requestIdHeader: "request-id",
};

function encodeAnswer(answer: WholeAnswer): string {
  if (answer.wire?.format === "anthropic") return withMetadata(withId(withCounts(answer.wire.data, [], { input_tokens: 0, output_tokens: 0 }), answer.id), answerMetadata(answer.attempts));
  const text = answer.text === "" ? [] : [{ type: "text", text: answer.text, citations: null }];
  return JSON.stringify({
    id: answer.id,
    type: "message",
    role: "assistant",
    model: answer.model,
    content: [...text, ...(answer.toolCalls ?? []).map(callBlock)],
    stop_reason: stopReason(answer.finishReason, (answer.toolCalls ?? []).length > 0),
    stop_sequence: null,
    usage: usageObject(answer.usage),
    ...metadataField(answer.attempts),
  });
}

function callBlock({ id, name, arguments: text }: ToolCall): object {
  return { type: "tool_use", id, name, input: argumentsObject(text) };
}

/** The id of the request is in the body too, as in Anthropic's own errors. */
function errorBody({ status, code, message, requestId }: ClientError): object {
  return { type: "error", error: { type: errorType(status), message: `${message} (${code})` }, ...(requestId !== undefined && { request_id: requestId }) };
}
