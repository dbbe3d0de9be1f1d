import type { Json, JsonObject, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { WireEndpoint, ResponseHead, StreamEncoder } from "../core/contracts.ts";
import { wireJson, type Drift } from "./json.ts";
import { decodeResponses } from "./openai-responses-request.ts";

const drift: Drift = ["output", "outputs"];

/**
 * `POST …/responses`. Shapes: platform.openai.com/docs/api-reference/responses and its streaming events, checked with
 * the official SDK.
 */
export function responsesEndpoint(headersOf: (head: ResponseHead) => Headers): WireEndpoint {
  return {
    decodeRequest: decodeResponses,
    encodeAnswer: (head, text, usage) => {
      const body = utf8Bytes(wireJson(responseOf(head, "completed", [itemOf(head, "completed", text)], usage), head, drift));
      return { status: 200, headers: { "content-type": "application/json", "content-length": String(body.length), ...headersOf(head) }, body };
    },
    streamHeaders: (head) => ({ "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...headersOf(head) }),
    streamEncoder: responseStream,
  };
}

function responseOf(head: ResponseHead, status: string, output: readonly Json[], usage: Usage | null): JsonObject {
  return {
    id: `resp_${head.answerId}`,
    object: "response",
    created_at: head.createdS,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: head.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    usage: usage === null ? null : usageOf(usage),
    user: null,
    metadata: {},
  };
}

function usageOf({ inputTokens, outputTokens, cachedInputTokens = 0 }: Usage): Json {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

const itemId = (head: ResponseHead) => `${head.shape.kind === "tool" ? "fc" : "msg"}_${head.answerId}`;

const partOf = (text: string): Json => ({ type: "output_text", text, annotations: [], logprobs: [] });

/** The one output item: a message or a function call. Null text: the item has just begun. */
function itemOf(head: ResponseHead, status: "in_progress" | "completed", text: string | null): Json {
  const { shape } = head;
  const id = itemId(head);
  if (shape.kind === "tool") return { id, type: "function_call", status, arguments: text ?? "", call_id: `call_${head.answerId}`, name: shape.name };
  return { id, type: "message", status, role: "assistant", content: text === null ? [] : [partOf(text)] };
}

/**
 * response.created, response.in_progress, output_item.added, content_part.added, one delta for each piece, the `done`
 * events in reverse order, response.completed.
 */
function responseStream(head: ResponseHead): StreamEncoder {
  let sequence = 0;
  let text = "";
  const isTool = head.shape.kind === "tool";
  const event = (type: string, fields: JsonObject) =>
    `event: ${type}\ndata: ${wireJson({ type, sequence_number: sequence++, ...fields }, head, drift)}\n\n`;
  const inItem = { item_id: itemId(head), output_index: 0 };
  const inPart = { ...inItem, content_index: 0 };
  return {
    opening: () => {
      const response = responseOf(head, "in_progress", [], null);
      const begun = event("response.created", { response }) + event("response.in_progress", { response });
      const item = event("response.output_item.added", { output_index: 0, item: itemOf(head, "in_progress", null) });
      return utf8Bytes(begun + item + (isTool ? "" : event("response.content_part.added", { ...inPart, part: partOf("") })));
    },
    piece: (piece) => {
      text += piece;
      return utf8Bytes(
        isTool
          ? event("response.function_call_arguments.delta", { ...inItem, delta: piece })
          : event("response.output_text.delta", { ...inPart, delta: piece, logprobs: [] }),
      );
    },
    closing: (usage) => {
      const item = itemOf(head, "completed", text);
      const whole = isTool
        ? event("response.function_call_arguments.done", { ...inItem, arguments: text })
        : event("response.output_text.done", { ...inPart, text, logprobs: [] }) + event("response.content_part.done", { ...inPart, part: partOf(text) });
      const done = event("response.output_item.done", { output_index: 0, item });
      return utf8Bytes(whole + done + event("response.completed", { response: responseOf(head, "completed", [item], usage) }));
    },
    failure: ({ code, type, message, param }) => utf8Bytes(event("error", { code: code ?? type, message, param: param ?? null })),
  };
}
