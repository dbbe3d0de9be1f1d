import type { ChatEvent, FinishReason, Json, JsonObject, Usage } from "../../kernel/chat.ts";
import { ContractBreach, MalformedAnswer } from "../core/contracts.ts";
import type { AnswerReader } from "./answer.ts";
import { endingOf } from "./finish-reasons.ts";
import { geminiErrorObject } from "./gemini-error.ts";
import { geminiAnswer, geminiEmbeddings, withoutStrangers } from "./gemini-shape.ts";
import { asArray, asNumber, asObject, asString, eventObject, parseExactObject, tokenCount } from "./json.ts";
import { requestedChoice } from "./requested-choice.ts";
import type { SseEvent } from "./sse.ts";
import { ToolCallTracker } from "./tool-calls.ts";

/**
 * One answer in Gemini's format. A stream is a series of whole answers, each with the new part. It has no terminal
 * event: it ends with its HTTP message, and more may follow a finish reason, content too. Calls come whole, and `STOP`
 * ends them as well. Thoughts are not content.
 */
export class GeminiReader implements AnswerReader {
  readonly #model: string;
  readonly #calls: ToolCallTracker;
  #started = false;
  /** The first part without candidates: they may have changed their name. */
  #strange: JsonObject | null = null;

  /** `model` is used where the answer names none: embeddings name none. */
  constructor(model = "", answerId = "") {
    this.#model = model;
    this.#calls = new ToolCallTracker(answerId);
  }

  whole(body: JsonObject, text: string): readonly ChatEvent[] {
    const error = this.errorIn(body);
    if (error !== null) return [error];
    if (body["embeddings"] !== undefined) return this.#embeddings(body);
    withoutStrangers(body, "");
    const events = this.#events(body, text);
    if (events.some(({ type }) => type === "error")) return events;
    if (events.some(({ type }) => type === "finish")) return [...events, { type: "end" }];
    throw new ContractBreach("candidates[0].finishReason", "a string", "nothing");
  }

  next(event: SseEvent): readonly ChatEvent[] {
    const body = event.data.trim() === "[DONE]" ? null : eventObject(event);
    if (body === null) return [];
    const error = this.errorIn(body);
    return error === null ? this.#events(body, event.data) : [error];
  }

  ended(): void {
    if (!this.#started && this.#strange !== null) withoutStrangers(this.#strange, "");
  }

  errorIn(body: JsonObject): ChatEvent | null {
    const error = geminiErrorObject(body);
    return error === null ? null : { type: "error", error: { status: null, code: error.code, message: error.message, retryAfterMs: error.retryAfterMs } };
  }

  #events(body: JsonObject, text: string): ChatEvent[] {
    geminiAnswer(body, "");
    const candidate = requestedChoice(body["candidates"]);
    const refusal = asString(asObject(body["promptFeedback"])?.["blockReason"]);
    const isBare = (asArray(body["candidates"]) ?? []).length === 0;
    if (isBare && refusal === null) {
      if (!this.#started) this.#strange ??= body;
      return usageOf(body);
    }
    const hasCalls = text.includes('"functionCall"');
    /** Their arguments are the model's own: numbers stay as they were written. */
    const exact = hasCalls ? requestedChoice(parseExactObject(text)?.["candidates"]) : candidate;
    const parts = asArray(asObject(exact?.["content"])?.["parts"]) ?? [];
    const content = parts.flatMap((part) => this.#contentOf(part));
    const usage = usageOf(body);
    const reason = refusal === null ? asString(candidate?.["finishReason"]) : "SAFETY";
    return [...this.#start(body), ...content, ...(reason === null ? usage : this.#ending(reason, usage))];
  }

  #start(body: JsonObject): ChatEvent[] {
    if (this.#started) return [];
    this.#started = true;
    return [{ type: "start", id: asString(body["responseId"]) ?? "", model: asString(body["modelVersion"]) ?? this.#model }];
  }

  #contentOf(value: Json): ChatEvent[] {
    const part = asObject(value);
    if (part === null) return [];
    if (part["thought"] === true) return [{ type: "reasoning", text: asString(part["text"]) ?? "" }];
    const call = asObject(part["functionCall"]);
    if (call !== null) {
      const text = JSON.stringify(call["args"] ?? {});
      return this.#calls.piece({ key: this.#calls.count, id: asString(call["id"]), name: asString(call["name"]), text });
    }
    const text = asString(part["text"]) ?? "";
    return text === "" ? [] : [{ type: "text", text }];
  }

  #ending(reason: string, usage: readonly ChatEvent[]): ChatEvent[] {
    const known = (Object.hasOwn(finishReasons, reason) ? finishReasons[reason] : undefined) ?? (failures.has(reason) ? "failed" : endingOf(reason));
    if (known === "failed") return [...usage, { type: "error", error: { status: null, code: `finish_reason_${reason.toLowerCase()}`, message: "", retryAfterMs: null } }];
    if (known === null) throw new ContractBreach("candidates[0].finishReason", "a reason that is known", "another");
    const finishReason = known === "stop" && this.#calls.count > 0 ? "tool_calls" : known;
    return [{ type: "finish", reason: finishReason }, ...usage];
  }

  /** Embeddings come without usage. */
  #embeddings(body: JsonObject): readonly ChatEvent[] {
    geminiEmbeddings(body, "");
    const vectors = (asArray(body["embeddings"]) ?? []).map((value, index): ChatEvent => {
      return { type: "embedding", index, vector: (asArray(asObject(value)?.["values"]) ?? []) as readonly number[] };
    });
    if (vectors.length === 0) throw new MalformedAnswer("Answer has no embeddings");
    return [...this.#start(body), ...vectors, { type: "finish", reason: "stop" }, { type: "end" }];
  }
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  LANGUAGE: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  IMAGE_SAFETY: "content_filter",
  IMAGE_PROHIBITED_CONTENT: "content_filter",
  IMAGE_RECITATION: "content_filter",
};

/** The model produced nothing usable. Another attempt may. */
const failures: ReadonlySet<string> = new Set([
  "OTHER",
  "MALFORMED_FUNCTION_CALL",
  "MALFORMED_RESPONSE",
  "MISSING_THOUGHT_SIGNATURE",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "NO_IMAGE",
  "IMAGE_OTHER",
  "FINISH_REASON_UNSPECIFIED",
]);

/**
 * Thoughts are billed as output, and so is what the total has beyond its parts. Results of Google's own tools are
 * input.
 */
function usageOf(body: JsonObject): ChatEvent[] {
  const counts = asObject(body["usageMetadata"]);
  if (counts === null) return [];
  const of = (name: string) => tokenCount(counts[name]) ?? 0;
  const [cached, thoughts] = [tokenCount(counts["cachedContentTokenCount"]), tokenCount(counts["thoughtsTokenCount"])];
  const inputTokens = of("promptTokenCount") + of("toolUsePromptTokenCount");
  const serviceTier = asString(counts["trafficType"])?.toLowerCase();
  const usage: Usage = {
    inputTokens,
    outputTokens: Math.max(of("candidatesTokenCount") + (thoughts ?? 0), of("totalTokenCount") - inputTokens),
    ...(cached !== null && { cachedInputTokens: cached }),
    ...(thoughts !== null && { reasoningTokens: thoughts }),
    ...(serviceTier !== undefined && { serviceTier }),
    ...(hasAudio(counts) && { hasOtherCharges: true as const }),
  };
  return [{ type: "usage", usage }];
}

/** Audio has prices of its own, in and out. */
function hasAudio(counts: JsonObject): boolean {
  const details = ["promptTokensDetails", "candidatesTokensDetails"].flatMap((name) => asArray(counts[name]) ?? []);
  return details.some((detail) => asObject(detail)?.["modality"] === "AUDIO" && (asNumber(asObject(detail)?.["tokenCount"]) ?? 0) > 0);
}
