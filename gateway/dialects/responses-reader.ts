import type { ChatEvent, FinishReason, JsonObject, Usage } from "../../kernel/chat.ts";
import { ContractBreach, MalformedAnswer } from "../core/contracts.ts";
import type { AnswerReader, Passage } from "./answer.ts";
import { asArray, asNumber, asObject, asString, eventObject, tokenCount } from "./json.ts";
import { errorObject } from "./provider-error.ts";
import { responseEvent, responseShape } from "./responses-shape.ts";
import type { SseEvent } from "./sse.ts";
import { ToolCallTracker } from "./tool-calls.ts";

/** One answer in the format of OpenAI's Responses API. */
export class ResponsesReader implements AnswerReader {
  readonly #calls: ToolCallTracker;
  passage: Passage = null;
  #started = false;
  /** Items whose arguments have come in pieces: what is done repeats them. */
  readonly #withDeltas = new Set<number>();
  /** What has come in pieces: items that are done, and the whole response at the end, repeat it. */
  #hasText = false;
  /** Where the calls stand, by their ids. */
  readonly #callIndexes = new Map<string, number>();
  /** Where the items stand, by their ids: some servers name the item alone (Soju06/codex-lb pull request 587). */
  readonly #indexes = new Map<string, number>();

  constructor(answerId = "") {
    this.#calls = new ToolCallTracker(answerId);
  }

  whole(body: JsonObject): readonly ChatEvent[] {
    const failure = this.errorIn(body);
    if (failure !== null) return [failure];
    responseShape(body, "");
    const items = (asArray(body["output"]) ?? []).map((item) => asObject(item));
    this.passage = items.every((item) => knownItems.has(asString(item?.["type"]) ?? "")) ? "known" : "content";
    const content = items.flatMap((item, index) => this.#wholeItem(item, index));
    return [...this.#start(body), ...content, ...this.#ending(body)];
  }

  /** Unknown kinds of event are skipped: every tool of the provider's brings some. */
  next(event: SseEvent): readonly ChatEvent[] {
    this.passage = null;
    if (event.data.trim() === "[DONE]") return [];
    const body = eventObject(event);
    if (body === null) return [];
    const type = asString(body["type"]) ?? event.event;
    const failure = type === "error" || type === "response.failed" || body["type"] === undefined ? this.errorIn(body) : null;
    if (failure !== null) return [failure];
    if (!type.startsWith("response.")) return [];
    responseEvent({ ...body, type }, "");
    const events = this.#read(type, body);
    this.passage = body["type"] === undefined ? null : passageOf(type, events);
    return events;
  }

  /** Of a body, of an event of type `error`, and of a response that failed. */
  errorIn(body: JsonObject): ChatEvent | null {
    const response = asObject(body["response"]) ?? body;
    const status = asString(response["status"]);
    const error = asObject(response["error"]);
    if (status === "failed" || status === "cancelled") return errorEvent(asString(error?.["code"]) ?? `response_${status}`, asString(error?.["message"]) ?? "");
    if (body["type"] === "error" && error === null) return errorEvent(asString(body["code"]) ?? "unknown", asString(body["message"]) ?? "");
    const found = errorObject(body);
    return found === null ? null : errorEvent(found.code, found.message);
  }

  #read(type: string, body: JsonObject): readonly ChatEvent[] {
    const index = this.#indexOf(body);
    if (!this.#started && asObject(body["response"]) === null) throw new MalformedAnswer("Stream does not open with response.created");
    switch (type) {
      case "response.created":
      case "response.in_progress":
      case "response.queued":
        return this.#startOnce(body);
      case "response.output_item.added":
        return this.#opening(asObject(body["item"]), index);
      case "response.output_text.delta":
      case "response.refusal.delta":
        return this.#text(asString(body["delta"]) ?? "");
      case "response.function_call_arguments.delta":
        this.#withDeltas.add(index);
        return this.#arguments(index, asString(body["delta"]) ?? "");
      case "response.function_call_arguments.done":
        return this.#argumentsOnce(index, asString(body["arguments"]) ?? "");
      case "response.output_item.done":
        return [...this.#notYetEmitted(asObject(body["item"]), index), ...this.#calls.close(index)];
      case "response.completed":
      case "response.incomplete":
        return [...this.#startOnce(body), ...this.#rest(asObject(body["response"]) ?? {}), ...this.#ending(asObject(body["response"]) ?? {})];
      default:
        return reasoningOf(type, body);
    }
  }

  #indexOf(body: JsonObject): number {
    const itemId = asString(body["item_id"]) ?? asString(asObject(body["item"])?.["id"]) ?? "";
    const index = asNumber(body["output_index"]) ?? this.#indexes.get(itemId) ?? (body["item"] === undefined ? Math.max(0, this.#indexes.size - 1) : this.#indexes.size);
    if (itemId !== "") this.#indexes.set(itemId, index);
    return index;
  }

  #startOnce(body: JsonObject): ChatEvent[] {
    const response = asObject(body["response"]);
    if (response === null) throw new MalformedAnswer("The stream's first event has no response");
    return this.#started ? [] : this.#start(response);
  }

  #start(response: JsonObject): ChatEvent[] {
    this.#started = true;
    return [{ type: "start", id: asString(response["id"]) ?? "", model: asString(response["model"]) ?? "" }];
  }

  #opening(item: JsonObject | null, index: number): readonly ChatEvent[] {
    if (item?.["type"] === "function_call") {
      this.#callIndexes.set(asString(item["call_id"]) ?? "", index);
      const text = asString(item["arguments"]) ?? "";
      if (text !== "") this.#withDeltas.add(index);
      return this.#calls.piece({ key: index, id: asString(item["call_id"]), name: asString(item["name"]), text });
    }
    return item?.["type"] === "message" ? [] : [reasoning("")];
  }

  #text(text: string): ChatEvent[] {
    if (text !== "") this.#hasText = true;
    return textEvents(text);
  }

  /** Servers that only pretend to stream send an item without its pieces. */
  #notYetEmitted(item: JsonObject | null, index: number): readonly ChatEvent[] {
    if (item?.["type"] === "message") return this.#hasText ? [] : this.#messageText(item);
    if (item?.["type"] !== "function_call") return [];
    const callId = asString(item["call_id"]) ?? "";
    const begun = this.#callIndexes.get(callId);
    if (begun !== undefined) return this.#argumentsOnce(begun, asString(item["arguments"]) ?? "");
    this.#callIndexes.set(callId, index);
    this.#withDeltas.add(index);
    return this.#wholeItem(item, index);
  }

  /** Arguments that come whole, where they have not come in pieces. */
  #argumentsOnce(index: number, text: string): readonly ChatEvent[] {
    if (text === "" || this.#withDeltas.has(index)) return [];
    this.#withDeltas.add(index);
    return this.#arguments(index, text);
  }

  #messageText(item: JsonObject): readonly ChatEvent[] {
    const events = this.#wholeItem(item, 0);
    this.#hasText = events.length > 0;
    return events;
  }

  /** Of the whole response, what has not come before it. */
  #rest(response: JsonObject): readonly ChatEvent[] {
    return (asArray(response["output"]) ?? []).flatMap((item, index) => this.#notYetEmitted(asObject(item), index));
  }

  #arguments(index: number, text: string): readonly ChatEvent[] {
    return this.#calls.piece({ key: index, id: null, name: null, text });
  }

  #wholeItem(item: JsonObject | null, index: number): readonly ChatEvent[] {
    if (item?.["type"] === "function_call") return this.#calls.piece({ key: index, id: asString(item["call_id"]), name: asString(item["name"]), text: asString(item["arguments"]) ?? "" });
    const parts = [...(asArray(item?.["content"]) ?? []), ...(asArray(item?.["summary"]) ?? [])].map((part) => asObject(part));
    if (item?.["type"] === "message") return textEvents(parts.map((part) => asString(part?.["text"]) ?? asString(part?.["refusal"]) ?? "").join(""));
    const thoughts = item?.["type"] === "reasoning" ? parts.map((part) => asString(part?.["text"]) ?? "").join("") : "";
    return thoughts === "" ? [] : [reasoning(thoughts)];
  }

  /** Its status says why it ended. */
  #ending(response: JsonObject): readonly ChatEvent[] {
    return [...this.#calls.closeAll(), ...usageOf(response), { type: "finish", reason: this.#finishOf(response) }, { type: "end" }];
  }

  #finishOf(response: JsonObject): FinishReason {
    const status = asString(response["status"]) ?? "completed";
    if (status === "completed") return this.#calls.count > 0 ? "tool_calls" : "stop";
    if (status !== "incomplete") throw new ContractBreach("status", "completed or incomplete", "another");
    return asString(asObject(response["incomplete_details"])?.["reason"]) === "content_filter" ? "content_filter" : "length";
  }
}

const knownItems: ReadonlySet<string> = new Set(["message", "function_call", "reasoning"]);

/** Events that the vocabulary expresses whole. */
const translatedWhole: ReadonlySet<string> = new Set([
  "response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta",
  "response.reasoning_text.delta", "response.reasoning_summary_text.delta", "response.completed", "response.incomplete",
]);

/** Edges of items and parts: they repeat their pieces. */
const frames: ReadonlySet<string> = new Set([
  "response.content_part.added", "response.content_part.done", "response.output_text.done", "response.refusal.done", "response.function_call_arguments.done", "response.output_item.done",
]);

/**
 * `response.created` names a response that its provider keeps, and nobody else could continue. What belongs to an item
 * of another kind is content.
 */
function passageOf(type: string, events: readonly ChatEvent[]): Passage {
  if (translatedWhole.has(type)) return events.length === 0 ? "aside" : "known";
  if (type === "response.in_progress" || type === "response.queued") return events.length === 0 ? "aside" : "content";
  if (type === "response.output_item.added") return events.some((event) => event.type === "tool_call") ? "known" : events.length === 0 ? "frame" : "content";
  if (frames.has(type)) return events.length === 0 ? "frame" : "known";
  return "content";
}

/** A model that thinks, and a tool that its provider runs: neither is a part of the answer, and both are progress. */
function reasoningOf(type: string, body: JsonObject): readonly ChatEvent[] {
  const isThought = type === "response.reasoning_text.delta" || type === "response.reasoning_summary_text.delta";
  return isThought ? [reasoning(asString(body["delta"]) ?? "")] : frames.has(type) ? [] : [reasoning("")];
}

function reasoning(text: string): ChatEvent {
  return { type: "reasoning", text };
}

function textEvents(text: string): ChatEvent[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function errorEvent(code: string, message: string): ChatEvent {
  return { type: "error", error: { status: null, code, message, retryAfterMs: null } };
}

/** Tools that the provider runs itself are billed by the use, and stand in the output alone. */
function usageOf(response: JsonObject): ChatEvent[] {
  const usage = asObject(response["usage"]);
  if (usage === null) return [];
  const inputTokens = tokenCount(usage["input_tokens"]) ?? 0;
  const output = tokenCount(usage["output_tokens"]);
  if (output === null) return [];
  const outputTokens = Math.max(output, (tokenCount(usage["total_tokens"]) ?? 0) - inputTokens);
  const input = asObject(usage["input_tokens_details"]);
  const [cached, written] = [tokenCount(input?.["cached_tokens"]), tokenCount(input?.["cache_write_tokens"])];
  const thoughts = tokenCount(asObject(usage["output_tokens_details"])?.["reasoning_tokens"]);
  const serviceTier = asString(response["service_tier"]);
  const usesTools = (asArray(response["output"]) ?? []).some((item) => billedItem.test(asString(asObject(item)?.["type"]) ?? ""));
  const details: Partial<Usage> = {
    ...(cached !== null && { cachedInputTokens: cached }),
    ...(written !== null && written > 0 && { cacheWriteTokens: written }),
    ...(thoughts !== null && { reasoningTokens: thoughts }),
    ...(serviceTier !== null && { serviceTier }),
    ...(usesTools && { hasOtherCharges: true as const }),
  };
  return [{ type: "usage", usage: { inputTokens, outputTokens, ...details } }];
}

const billedItem = /^(?:web_search|file_search|code_interpreter|image_generation)_call$/;
