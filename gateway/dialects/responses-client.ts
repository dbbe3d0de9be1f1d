import type { ChatEvent } from "../../kernel/chat.ts";
import type { ClientDialect, WholeAnswer } from "../core/contracts.ts";
import { decodersOf } from "../core/reading.ts";
import { answerMetadata } from "./answer-metadata.ts";
import { openaiClient } from "./openai-client.ts";
import { readResponsesRequest } from "./responses-client-request.ts";
import { ResponseStream } from "./responses-client-stream.ts";
import { ownedResponse } from "./responses-pieces.ts";
import { callItem, messageItem, responseObject, statusOf } from "./responses-object.ts";

/**
 * OpenAI responses, as clients of the gateway send them to `POST /v1/responses`. The gateway stores none: what is kept,
 * a provider keeps, and the id that the client gets names whose it is.
 */
export const responsesClient: ClientDialect = {
  ...decodersOf(readResponsesRequest),
  encodeAnswer,
  encodeError: (error) => openaiClient.encodeError(error),
  streamEncoder: (head) => {
    const stream = new ResponseStream(head);
    return (event: ChatEvent) => stream.encode(event);
  },
  idPrefix: "resp_",
};

function encodeAnswer(answer: WholeAnswer): string {
  if (answer.wire?.format === "openai_responses") return ownedResponse(answer.wire.data, answer.stateOwner, answerMetadata(answer.attempts));
  const { id, text, toolCalls = [], finishReason, usage } = answer;
  const status = statusOf(finishReason);
  const message = text === "" && toolCalls.length > 0 ? [] : [messageItem(`msg_${id}`, text, status)];
  const output = [...message, ...toolCalls.map((call, index) => callItem(`fc_${id}_${index}`, call, status))];
  return JSON.stringify(responseObject(answer, { status, output, usage, finishReason, error: null }));
}
