import type { ChatEvent, FinishReason, InputUsage, JsonObject } from "../../kernel/chat.ts";
import { ContractBreach, MalformedAnswer } from "../core/contracts.ts";
import type { AnswerReader, Passage } from "./answer.ts";
import { anthropicEvent, anthropicMessage } from "./anthropic-shape.ts";
import { ChunkPattern } from "./chunk-pattern.ts";
import { endingOf } from "./finish-reasons.ts";
import { asArray, asNumber, asObject, asString, eventObject, parseExactObject, tokenCount } from "./json.ts";
import { errorObject } from "./provider-error.ts";
import type { RunReader, SseEvent } from "./sse.ts";
import { ToolCallTracker } from "./tool-calls.ts";

/** One answer in Anthropic's format. */
export class AnthropicReader implements AnswerReader {
  readonly #calls: ToolCallTracker;
  readonly #pattern = new ChunkPattern("text");
  readonly runs: RunReader = { runAt: (text, from) => (this.#unknown.size === 0 ? this.#pattern.runAt(text, from) : null) };
  passage: Passage = null;
  /** The blocks of a kind that is not known here. */
  readonly #unknown = new Set<number>();
  /** The blocks of calls. */
  readonly #callBlocks = new Set<number>();
  readonly #isOwn: boolean;
  #started = false;
  #finished = false;
  #usageAtStart: JsonObject | null = null;

  /** `isOwn`: its client speaks the format, and gets unknown events as they came. */
  constructor(answerId = "", isOwn = false) {
    this.#calls = new ToolCallTracker(answerId);
    this.#isOwn = isOwn;
  }

  whole(body: JsonObject, source: string): readonly ChatEvent[] {
    const error = this.errorIn(body);
    if (error !== null) return [error];
    anthropicMessage(body, "");
    const isKnown = (asArray(body["content"]) ?? []).every((block) => knownBlocks.has(asString(asObject(block)?.["type"]) ?? ""));
    this.passage = isKnown ? "known" : "content";
    const blocks = asArray(body["content"])?.map((block) => asObject(block)) ?? [];
    const text = blocks.map((block) => (block?.["type"] === "text" ? asString(block["text"]) : null) ?? "").join("");
    const calls = this.#wholeCalls(blocks, source);
    const thoughts = blocks.map((block) => asString(block?.["thinking"]) ?? "").join("");
    return [...this.#start(body), ...(thoughts === "" ? [] : [reasoning(thoughts)]), ...textEvents(text), ...calls, ...this.#finishOf(body, "stop_reason"), ...this.#usage(body), { type: "end" }];
  }

  /** Unknown kinds of event are skipped, as the API's versioning policy asks, and so is `ping`. */
  next(sseEvent: SseEvent): readonly ChatEvent[] {
    const text = this.#unknown.size === 0 ? this.#pattern.textOf(sseEvent.data) : null;
    if (text !== null) {
      this.passage = "known";
      return [{ type: "text", text }];
    }
    this.passage = null;
    /** Proxies end a stream of any format with OpenAI's last word. */
    if (sseEvent.data.trim() === "[DONE]") return this.#finished ? [{ type: "end" }] : [];
    const body = eventObject(sseEvent);
    if (body === null) return [];
    const type = asString(body["type"]) ?? sseEvent.event;
    const events = this.#read(type, body);
    this.passage = asString(body["type"]) === null ? null : passageOf(type, body, events);
    if (this.passage === "frame" && this.#unknown.has(asNumber(body["index"]) ?? 0)) this.passage = "content";
    const [event] = events;
    /** Text has no place in a call's block: SDKs break on it (sgl-project/sglang issue 24293). */
    if (type === "content_block_delta" && event?.type === "text" && this.#callBlocks.has(asNumber(body["index"]) ?? 0)) this.passage = null;
    if (type === "content_block_delta" && event?.type === "text" && this.passage === "known") this.#pattern.learn(sseEvent, event.text);
    return events;
  }

  #read(type: string, body: JsonObject): readonly ChatEvent[] {
    if (type === "error") return [this.errorIn(body) ?? errorEvent("unknown", "")];
    anthropicEvent(body, "");
    if (type !== "message_start") this.#requireStarted(type);
    switch (type) {
      case "message_start":
        return this.#start(asObject(body["message"]), inputUsage(asObject(asObject(body["message"])?.["usage"]), null));
      case "content_block_start":
        return this.#opening(asObject(body["content_block"]), asNumber(body["index"]) ?? 0);
      case "content_block_delta":
        return this.#piece(asObject(body["delta"]), asNumber(body["index"]) ?? 0);
      case "content_block_stop":
        return this.#calls.close(asNumber(body["index"]) ?? 0);
      case "message_delta":
        return [...this.#finishOf(asObject(body["delta"]), "delta.stop_reason"), ...this.#usage(body)];
      case "message_stop":
        if (!this.#finished) throw new ContractBreach("delta.stop_reason", "a reason before the end", "none");
        return [{ type: "end" }];
      default:
        return [];
    }
  }

  errorIn(body: JsonObject): ChatEvent | null {
    const error = errorObject(body);
    return error === null ? null : errorEvent(error.code, error.message);
  }

  #requireStarted(type: string): void {
    const needsStart = type === "content_block_delta" || type === "message_delta" || type === "message_stop";
    if (needsStart && !this.#started) throw new MalformedAnswer("Stream does not open with message_start");
  }

  #start(message: JsonObject | null, input: InputUsage | null = null): ChatEvent[] {
    if (message === null) throw new MalformedAnswer("message_start has no message");
    this.#started = true;
    this.#usageAtStart = asObject(message["usage"]);
    return [{ type: "start", id: asString(message["id"]) ?? "", model: asString(message["model"]) ?? "", ...(input !== null && input.inputTokens > 0 && { input }) }];
  }

  /** Their arguments are the model's own: numbers stay as they were written. */
  #wholeCalls(blocks: readonly (JsonObject | null)[], source: string): readonly ChatEvent[] {
    if (!blocks.some((block) => block?.["type"] === "tool_use")) return [];
    const exact = asArray(parseExactObject(source)?.["content"])?.map((block) => asObject(block)) ?? [];
    return exact.flatMap((block, key) => (block?.["type"] === "tool_use" ? this.#wholeCall(block, key) : []));
  }

  #wholeCall(block: JsonObject, key: number): ChatEvent[] {
    return this.#calls.piece({ key, id: asString(block["id"]), name: asString(block["name"]), text: JSON.stringify(block["input"]) });
  }

  /** A stream announces a call with an empty input; some compatible servers put the whole of it here. */
  #opening(block: JsonObject | null, key: number): ChatEvent[] {
    const type = block?.["type"];
    this.#unknown.delete(key);
    this.#callBlocks.delete(key);
    if (type === "text") return textEvents(asString(block?.["text"]) ?? "");
    if (typeof type === "string" && !knownBlocks.has(type)) this.#unknown.add(key);
    if (type === "thinking" || type === "redacted_thinking") return [reasoning("")];
    if (block === null || type !== "tool_use") return [];
    this.#callBlocks.add(key);
    const input = asObject(block["input"]) === null ? "{}" : JSON.stringify(block["input"]);
    return this.#calls.piece({ key, id: asString(block["id"]), name: asString(block["name"]), text: input === "{}" ? "" : input });
  }

  #piece(delta: JsonObject | null, key: number): ChatEvent[] {
    const type = delta?.["type"];
    if (type === "thinking_delta") return [reasoning(asString(delta?.["thinking"]) ?? "")];
    /** Of a server's own tool, which the provider runs. */
    if (this.#unknown.has(key)) return [];
    if (delta === null || type !== "input_json_delta") return type === "text_delta" ? textEvents(asString(delta?.["text"]) ?? "") : [];
    return this.#calls.piece({ key, id: null, name: null, text: asString(delta["partial_json"]) ?? "" });
  }

  /**
   * Output tokens are cumulative in `message_delta`. Input tokens come with the start, or only there (this gateway's
   * own answers).
   */
  #usage(body: JsonObject): ChatEvent[] {
    const usage = asObject(body["usage"]);
    const outputTokens = tokenCount(usage?.["output_tokens"]);
    return outputTokens === null ? [] : [{ type: "usage", usage: { ...inputUsage(this.#usageAtStart, usage), outputTokens } }];
  }

  #finishOf(message: JsonObject | null, path: string): ChatEvent[] {
    const reason = asString(message?.["stop_reason"]);
    if (reason === null || reason === "") return [];
    const ending = (Object.hasOwn(finishReasons, reason) ? finishReasons[reason] : undefined) ?? endingOf(reason);
    if (ending === "failed") return [errorEvent(`stop_reason_${reason}`, "")];
    if (ending === null && !this.#isOwn) throw new ContractBreach(path, "a reason that is known", "another");
    this.#finished = true;
    return [...this.#calls.closeAll(), { type: "finish", reason: ending ?? "stop" }];
  }
}

const knownBlocks: ReadonlySet<string> = new Set(["text", "tool_use", "thinking", "redacted_thinking"]);
const knownDeltas: ReadonlySet<string> = new Set(["text_delta", "input_json_delta", "thinking_delta", "signature_delta"]);

/** Unknown kinds of event pass as well: the API's versioning policy asks clients to expect them. */
function passageOf(type: string, body: JsonObject, events: readonly ChatEvent[]): Passage {
  const block = asObject(body["content_block"]);
  switch (type) {
    case "message_start":
    case "message_delta":
      return events.length === 0 ? "aside" : "known";
    case "content_block_start":
      if (!isWholeStart(block)) return null;
      if (!knownBlocks.has(asString(block?.["type"]) ?? "")) return "content";
      /** A call whose input is there at once: the format's clients read it in pieces. */
      if (events.some((event) => event.type === "tool_arguments")) return null;
      return events.length === 0 ? "frame" : "known";
    case "content_block_delta":
      if (!knownDeltas.has(asString(asObject(body["delta"])?.["type"]) ?? "")) return "content";
      return events.length === 0 ? "frame" : "known";
    case "content_block_stop":
      return events.length === 0 ? "frame" : null;
    case "message_stop":
      return null;
    /** Vertex AI's own counts: SDKs break on an event that they do not know (vercel/ai issue 11309). */
    case "vertex_event":
      return null;
    default:
      return "aside";
  }
}

function isWholeStart(block: JsonObject | null): boolean {
  const type = block?.["type"];
  return type === "text" ? asString(block?.["text"]) !== null : type !== "tool_use" || asObject(block?.["input"]) !== null;
}

function errorEvent(code: string, message: string): ChatEvent {
  return { type: "error", error: { status: null, code, message, retryAfterMs: null } };
}

function reasoning(text: string): ChatEvent {
  return { type: "reasoning", text };
}

function textEvents(text: string): ChatEvent[] {
  return text === "" ? [] : [{ type: "text", text }];
}

/**
 * `input_tokens` excludes what was read from or written to the prompt cache. OpenAI's count includes it. Compatible
 * servers that know of their cache at the end alone report the whole prompt at the start (maximhq/bifrost pull request
 * 6598): where only the end has cached tokens, its `input_tokens` is what remains, and where it has none, the cached
 * ones are part of the start's (jeremychone/rust-genai pull request 258).
 */
function inputUsage(atStart: JsonObject | null, atEnd: JsonObject | null): InputUsage {
  const most = (read: (usage: JsonObject | null) => number | null) => {
    const [first, last] = [read(atStart), read(atEnd)];
    return first === null || last === null ? (first ?? last) : Math.max(first, last);
  };
  const count = (name: string) => most((usage) => tokenCount(usage?.[name]));
  const [read, written] = [count("cache_read_input_tokens"), count("cache_creation_input_tokens")];
  const forAnHour = most((usage) => asNumber(asObject(usage?.["cache_creation"])?.["ephemeral_1h_input_tokens"]));
  const isAtEndAlone = cachedTokens(atStart) === 0 && cachedTokens(atEnd) > 0;
  const whole = tokenCount(atStart?.["input_tokens"]) ?? 0;
  const remaining = isAtEndAlone ? (tokenCount(atEnd?.["input_tokens"]) ?? Math.max(0, whole - cachedTokens(atEnd))) : null;
  const serviceTier = asString(atEnd?.["service_tier"]) ?? asString(atStart?.["service_tier"]);
  return {
    inputTokens: (remaining ?? count("input_tokens") ?? 0) + (read ?? 0) + (written ?? 0),
    ...(read !== null && { cachedInputTokens: read }),
    ...(written !== null && { cacheWriteTokens: written }),
    ...(forAnHour !== null && forAnHour > 0 && { cacheWriteHourTokens: forAnHour }),
    ...(serviceTier !== null && { serviceTier }),
    ...((usesTools(atStart) || usesTools(atEnd)) && { hasOtherCharges: true as const }),
  };
}

function cachedTokens(usage: JsonObject | null): number {
  return (tokenCount(usage?.["cache_read_input_tokens"]) ?? 0) + (tokenCount(usage?.["cache_creation_input_tokens"]) ?? 0);
}

/** Tools that Anthropic runs itself are billed by the use. */
function usesTools(usage: JsonObject | null): boolean {
  return Object.values(asObject(usage?.["server_tool_use"]) ?? {}).some((count) => typeof count === "number" && count > 0);
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  compaction: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};
