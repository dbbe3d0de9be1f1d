import type { ChatEvent } from "../../kernel/chat.ts";
import type { ClientDialect, WholeAnswer } from "../core/contracts.ts";
import { openaiClient } from "./openai-client.ts";
import { decodeResponsesRequest } from "./responses-client-request.ts";
import { ResponseStream } from "./responses-client-stream.ts";
import { callItem, messageItem, responseObject, statusOf } from "./responses-object.ts";

/**
 * OpenAI responses, as clients of the gateway send them to `POST /v1/responses`. The gateway stores none: the history
 * is in the input.
 */
export const responsesClient: ClientDialect = {
  decodeRequest: decodeResponsesRequest,
  encodeAnswer,
  encodeError: (error) => openaiClient.encodeError(error),
  streamEncoder: (head) => {
    const stream = new ResponseStream(head);
    return (event: ChatEvent) => stream.encode(event);
  },
  idPrefix: "resp_",
};

function encodeAnswer(answer: WholeAnswer): string {
  const { id, text, toolCalls = [], finishReason, usage } = answer;
  const status = statusOf(finishReason);
  const message = text === "" && toolCalls.length > 0 ? [] : [messageItem(`msg_${id}`, text, status)];
  const output = [...message, ...toolCalls.map((call, index) => callItem(`fc_${id}_${index}`, call, status))];
  return JSON.stringify(responseObject(answer, { status, output, usage, finishReason, error: null }));
}
