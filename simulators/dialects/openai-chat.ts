import type { Json, JsonObject, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { WireEndpoint, ProviderFault, ResponseHead, StreamEncoder } from "../core/contracts.ts";
import { around, driftedJson, quoted, slot, template, type Drift } from "./json.ts";
import { decodeOpenai } from "./openai-request.ts";

/** The differences between providers of OpenAI's chat completions. */
export interface ChatFlavour {
  readonly decodeRequest: WireEndpoint["decodeRequest"];
  /** The provider's own headers of an answer, including the request id. */
  headers(head: ResponseHead): Headers;
  /** Fields of every answer and chunk in addition to OpenAI's. */
  readonly answer: JsonObject;
  /** Fields of every choice in addition to OpenAI's. */
  readonly choice: JsonObject;
  /** An event before OpenAI's first one. Null: none. */
  readonly preface: Json | null;
  usageOf(usage: Usage): JsonObject;
  /** Where a stream has its usage: in its own chunk if requested, or always with the finish reason. */
  readonly usageAt: "own_chunk" | "with_finish";
  /** `error` of an error body, and of an in-band error. */
  errorOf(fault: ProviderFault): Json;
}

const drift: Drift = ["choices", "outputs"];

/** The flavour of OpenAI itself. */
export const openaiChatFlavour: ChatFlavour = {
  decodeRequest: decodeOpenai,
  headers: (head) => ({ "x-request-id": `req_${head.answerId}` }),
  answer: { system_fingerprint: null },
  choice: { logprobs: null },
  preface: null,
  usageOf: openaiUsage,
  usageAt: "own_chunk",
  errorOf: openaiError,
};

export function openaiUsage(usage: Usage): JsonObject {
  const { inputTokens, outputTokens, cachedInputTokens: cached } = usage;
  const details = cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } };
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens, ...details };
}

export function openaiError({ message, type, code, param }: ProviderFault): Json {
  return { message, type, param: param ?? null, code };
}

/** `POST …/chat/completions`. Shapes: platform.openai.com/docs/api-reference/chat, checked with the official SDK. */
export function chatEndpoint(flavour: ChatFlavour): WireEndpoint {
  const write = writersOf(flavour);
  return {
    decodeRequest: flavour.decodeRequest,
    encodeAnswer: (head, text, usage) => {
      const json = write.answer(...common(head), messageOf(head, text), finishOf(head), JSON.stringify(flavour.usageOf(usage)));
      const body = utf8Bytes(driftedJson(json, head, drift));
      return { status: 200, headers: { "content-type": "application/json", "content-length": String(body.length), ...flavour.headers(head) }, body };
    },
    streamHeaders: (head) => ({ "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...flavour.headers(head) }),
    streamEncoder: (head) => chatStream(head, flavour, write),
  };
}

/**
 * Answers and chunks of one flavour. The slots are those of `common`, then the message or delta, the finish reason, and
 * usage where there is any.
 */
function writersOf({ answer, choice }: ChatFlavour) {
  const base = (object: string) => ({ id: slot, object, created: slot, model: slot, ...answer });
  const choices = [{ index: 0, delta: slot, finish_reason: slot, ...choice }];
  return {
    answer: template({ ...base("chat.completion"), choices: [{ index: 0, message: slot, finish_reason: slot, ...choice }], usage: slot }),
    chunk: template({ ...base("chat.completion.chunk"), choices }),
    chunkWithUsage: template({ ...base("chat.completion.chunk"), choices, usage: slot }),
    usage: template({ ...base("chat.completion.chunk"), choices: [], usage: slot }),
  };
}

const common = (head: ResponseHead) => [`"chatcmpl-${head.answerId}"`, head.createdS, JSON.stringify(head.model)] as const;

const callId = (head: ResponseHead) => `call_${head.answerId}`;

const textMessage = template({ role: "assistant", content: slot, refusal: null });

function messageOf(head: ResponseHead, text: string): string {
  const { shape } = head;
  if (shape.kind !== "tool") return textMessage(quoted(text));
  const call = { id: callId(head), type: "function", function: { name: shape.name, arguments: text } };
  return JSON.stringify({ role: "assistant", content: null, tool_calls: [call], refusal: null });
}

const finishOf = (head: ResponseHead) => (head.shape.kind === "tool" ? '"tool_calls"' : '"stop"');

/** Role chunk, one chunk for each piece, finish chunk, usage chunk if requested, `[DONE]`. */
function chatStream(head: ResponseHead, flavour: ChatFlavour, write: ReturnType<typeof writersOf>): StreamEncoder {
  const { shape } = head;
  const base = common(head);
  const ownUsage = flavour.usageAt === "own_chunk" && head.includeUsage;
  const event = (json: string) => `data: ${driftedJson(json, head, drift)}\n\n`;
  const chunk = (delta: Json, finishReason = "null", usage = ownUsage ? "null" : null) => {
    const text = JSON.stringify(delta);
    return event(usage === null ? write.chunk(...base, text, finishReason) : write.chunkWithUsage(...base, text, finishReason, usage));
  };
  const opening =
    shape.kind === "tool"
      ? { role: "assistant", content: null, tool_calls: [{ index: 0, id: callId(head), type: "function", function: { name: shape.name, arguments: "" } }], refusal: null }
      : { role: "assistant", content: "", refusal: null };
  const [before, after] = around((text) => chunk(shape.kind === "tool" ? { tool_calls: [{ index: 0, function: { arguments: text } }] } : { content: text }));
  return {
    opening: () => utf8Bytes((flavour.preface === null ? "" : event(JSON.stringify(flavour.preface))) + chunk(opening)),
    piece: (text) => utf8Bytes(before + quoted(text) + after),
    pieces: (texts) => {
      let events = "";
      for (const text of texts) events += before + quoted(text) + after;
      return utf8Bytes(events);
    },
    closing: (usage) => {
      const counts = JSON.stringify(flavour.usageOf(usage));
      const finish = flavour.usageAt === "with_finish" ? chunk({}, finishOf(head), counts) : chunk({}, finishOf(head));
      const usageChunk = ownUsage ? event(write.usage(...base, counts)) : "";
      return utf8Bytes(`${finish}${usageChunk}data: [DONE]\n\n`);
    },
    failure: (fault) => utf8Bytes(`data: ${JSON.stringify({ error: flavour.errorOf(fault) })}\n\n`),
  };
}
