import type { ChatEvent, FinishReason, Json, JsonObject, ProviderError } from "../../kernel/chat.ts";
import { ContractBreach, MalformedAnswer, UnfinishedAnswer } from "../core/contracts.ts";
import type { AnswerReader, Passage } from "./answer.ts";
import { ChunkPattern } from "./chunk-pattern.ts";
import { vectorOfBase64 } from "./float-base64.ts";
import { asArray, asNumber, asObject, asString, eventObject } from "./json.ts";
import { endingOf } from "./finish-reasons.ts";
import { chunkPassage, completionPassage } from "./openai-passage.ts";
import { isAnnotation, isForeignCall } from "./openai-shape.ts";
import { openaiUsage } from "./openai-usage.ts";
import { requestedChoice } from "./requested-choice.ts";
import { bareError, errorObject, plainError } from "./provider-error.ts";
import { bodyWaitMs } from "./retry-after.ts";
import type { Shape } from "./shape.ts";
import type { RunReader, SseEvent } from "./sse.ts";
import { ToolCallTracker } from "./tool-calls.ts";

/** The shapes of a flavour of the format. */
export interface OpenaiShapes {
  readonly completion: Shape;
  readonly chunk: Shape;
  readonly embeddings: Shape;
  /**
   * Whether OpenAI's own guarantees are required. True: an unknown finish reason breaks the contract. False: it counts
   * as `stop`, and an answer without a model counts as that of the requested one.
   */
  readonly isStrict: boolean;
}

/** One answer in OpenAI's format. */
export class OpenaiReader implements AnswerReader {
  readonly #shapes: OpenaiShapes;
  readonly #asked: string;
  readonly #calls: ToolCallTracker;
  readonly #pattern = new ChunkPattern("content");
  readonly runs: RunReader = { runAt: (text, from) => (this.#patternPassage === "known" ? this.#pattern.runAt(text, from) : null) };
  #started = false;
  /** The last reason; null: none has come. */
  #finish: FinishReason | null = null;
  /** The reason of the chunk that was read last is not the one that counts. */
  #isOtherReason = false;
  #hasContent = false;
  passage: Passage = null;
  /** That of the chunk whose pattern was learned. */
  #patternPassage: Passage = null;
  /** A delta held something under a name that the gateway does not know. */
  #hasUnknown = false;
  /** A chunk without choices held something else: they may have changed their name. */
  #hasStrangers = false;

  constructor(shapes: OpenaiShapes, asked = "", answerId = "") {
    this.#shapes = shapes;
    this.#asked = shapes.isStrict ? "" : asked;
    this.#calls = new ToolCallTracker(answerId);
  }

  whole(body: JsonObject): readonly ChatEvent[] {
    const events = this.#whole(body);
    this.passage = asArray(body["data"]) === null && !this.#isOtherReason ? completionPassage(body, events) : null;
    return events;
  }

  #whole(body: JsonObject): readonly ChatEvent[] {
    const error = this.errorIn(body);
    if (error !== null) return [error];
    if (asArray(body["data"]) !== null) return this.#embeddings(body);
    this.#shapes.completion(body, "");
    const choice = requestedChoice(body["choices"]);
    const failure = choiceError(choice);
    if (failure !== null) return [failure];
    const message = asObject(choice?.["message"]);
    if (choice === null || message === null) throw new MalformedAnswer("Answer has no choices[0].message");
    return [...this.#start(body), ...this.#contentOf(message), ...this.#finishOf(choice), ...openaiUsage(body), { type: "end" }];
  }

  next(event: SseEvent): readonly ChatEvent[] {
    const text = this.#pattern.textOf(event.data);
    if (text !== null) {
      this.passage = this.#patternPassage;
      return [{ type: "text", text }];
    }
    this.passage = null;
    const events = this.#read(event);
    if (events.length === 1 && events[0]!.type === "text" && this.passage !== "content") {
      this.#pattern.learn(event, events[0]!.text);
      this.#patternPassage = this.passage;
    }
    return events;
  }

  #read(event: SseEvent): readonly ChatEvent[] {
    if (event.data.trim() === "[DONE]") return this.#done();
    const chunk = eventObject(event);
    if (chunk === null) return [];
    const error = this.errorIn(chunk) ?? (event.event === "error" ? errorEvent(plainError(chunk, "unknown")) : null);
    if (error !== null) return [error];
    this.#shapes.chunk(chunk, "");
    const choice = requestedChoice(chunk["choices"]);
    const failure = choiceError(choice);
    if (failure !== null) return [failure];
    this.#isOtherReason = false;
    const events =
      choice === null || isAnnotation(choice)
        ? openaiUsage(chunk)
        : [...this.#start(chunk), ...this.#contentOf(asObject(choice["delta"] ?? choice["message"])), ...this.#finishOf(choice), ...openaiUsage(chunk)];
    if (!this.#started && chunk["choices"] === undefined && holdsMore(chunk)) this.#hasStrangers = true;
    this.passage = this.#isOtherReason ? null : chunkPassage(chunk, events);
    return events;
  }

  #done(): readonly ChatEvent[] {
    this.ended();
    if (!this.#started) throw new MalformedAnswer("Stream is done without any choice");
    if (this.#finish !== null) return [{ type: "end" }];
    /** A chunk is missing. To guess `stop` would pass a part of an answer for the whole. */
    if (this.#shapes.isStrict) throw new ContractBreach("choices[0].finish_reason", "a reason before the end", "none");
    throw new UnfinishedAnswer("The stream is done without a finish reason");
  }

  ended(): void {
    if (!this.#started && this.#hasStrangers) throw new ContractBreach("choices", "an array", "nothing, beside fields unknown");
  }

  #contentOf(message: JsonObject | null): ChatEvent[] {
    const content = [...reasoningOf(message), ...textOf(message), ...this.#callsOf(message)];
    if (content.length > 0) this.#hasContent = true;
    else if (message !== null && hasUnknown(message)) this.#hasUnknown = true;
    return content;
  }

  errorIn(body: JsonObject): ChatEvent | null {
    const error = errorObject(body, bareError);
    return error === null ? null : errorEvent(error, bodyWaitMs(body));
  }

  #start(body: JsonObject): ChatEvent[] {
    if (this.#started) return [];
    this.#started = true;
    return [{ type: "start", id: asString(body["id"]) ?? "", model: asString(body["model"]) || this.#asked }];
  }

  #callsOf(message: JsonObject | null): readonly ChatEvent[] {
    return (asArray(message?.["tool_calls"]) ?? []).flatMap((value, position) => {
      const call = asObject(value);
      if (isForeignCall(value)) return this.#calls.skip(asString(call?.["id"]));
      const calledFunction = asObject(call?.["function"]);
      return this.#calls.piece({
        key: asNumber(call?.["index"]) ?? position,
        id: asString(call?.["id"]),
        name: asString(calledFunction?.["name"]),
        text: argumentsText(calledFunction?.["arguments"]),
      });
    });
  }

  #embeddings(body: JsonObject): readonly ChatEvent[] {
    this.#shapes.embeddings(body, "");
    const vectors = (asArray(body["data"]) ?? []).map((value, position): ChatEvent => {
      const item = asObject(value);
      return { type: "embedding", index: asNumber(item?.["index"]) ?? position, vector: vectorIn(item?.["embedding"]) };
    });
    if (vectors.length === 0) throw new MalformedAnswer("Answer has no data");
    return [...this.#start(body), ...vectors, ...openaiUsage(body, true), { type: "finish", reason: "stop" }, { type: "end" }];
  }

  #finishOf(choice: JsonObject): ChatEvent[] {
    const reason = asString(choice["finish_reason"]);
    if (reason === null || reason === "") return [];
    const known = Object.hasOwn(finishReasons, reason) ? finishReasons[reason]! : null;
    const ending = known ?? endingOf(reason);
    if (ending === "failed") return [{ type: "error", error: { status: null, code: `finish_reason_${reason}`, message: "", retryAfterMs: null } }];
    if (known === null && this.#shapes.isStrict) throw new ContractBreach("choices[0].finish_reason", "a reason that is known", "another");
    const lacksCalls = reason === "tool_calls" && this.#calls.count === 0;
    if (lacksCalls && (this.#shapes.isStrict || !this.#hasContent)) throw new ContractBreach("choices[0]", "the calls that it finished with", "none");
    if (!this.#hasContent && this.#hasUnknown && this.#shapes.isStrict) throw new ContractBreach("choices[0].delta", "content that is known", "other fields");
    return this.#finishWith(lacksCalls ? "stop" : (ending ?? "stop"), lacksCalls);
  }

  /**
   * A choice has one reason, and clients go by the last: a `stop` behind `tool_calls` would hide the calls
   * (ai-dynamo/dynamo issue 4153). `isCorrected`: a compatible server named calls and wrote text alone
   * (vllm-project/vllm pull request 53270).
   */
  #finishWith(ending: FinishReason, isCorrected: boolean): ChatEvent[] {
    const isRepeated = this.#finish === ending || (this.#finish !== null && ending === "stop");
    this.#isOtherReason = isRepeated || isCorrected;
    if (isRepeated) return [];
    this.#finish = ending;
    return [...this.#calls.closeAll(), { type: "finish", reason: ending }];
  }
}

/**
 * The failure of the requested choice: an aggregator has sent its 200 when its provider gives up, and puts the error
 * beside what came until then (nodetool-ai/nodetool pull request 5755).
 */
function choiceError(choice: JsonObject | null): ChatEvent | null {
  const error = choice === null || (choice["error"] ?? null) === null ? null : errorObject({ error: choice["error"]! });
  return error === null ? null : errorEvent(error);
}

/** `null`: the server calls it an error and says nothing more. */
function errorEvent(error: Pick<ProviderError, "code" | "message"> | null, retryAfterMs: number | null = null): ChatEvent {
  return { type: "error", error: { status: null, code: "unknown", message: "", ...error, retryAfterMs } };
}

function vectorIn(value: Json | undefined): readonly number[] {
  return typeof value === "string" ? (vectorOfBase64(value) ?? []) : ((asArray(value) ?? []) as readonly number[]);
}

/** Some servers send an object instead of JSON text (bytedance/deer-flow issue 4445). */
function argumentsText(value: Json | undefined): string {
  const object = asObject(value);
  return object === null ? (asString(value) ?? "") : JSON.stringify(object);
}

/** What a model thinks aloud: DeepSeek's name for it, and OpenRouter's and Groq's. */
function reasoningOf(message: JsonObject | null): ChatEvent[] {
  const text = asString(message?.["reasoning_content"]) || asString(message?.["reasoning"]) || partsOf(message, thoughtIn);
  return text === "" ? [] : [{ type: "reasoning", text }];
}

/** Whether a chunk holds an object or an array besides its usage. */
function holdsMore(chunk: JsonObject): boolean {
  return Object.entries(chunk).some(([name, value]) => name !== "usage" && typeof value === "object" && value !== null);
}

/** Fields of a delta that are known and hold no text. */
const silentFields: ReadonlySet<string> = new Set(["role", "refusal", "tool_calls", "function_call", "annotations", "audio", "reasoning_content", "reasoning", "reasoning_details"]);

/** Whether a delta without `content` holds something else: its content may have changed its name. */
function hasUnknown(delta: JsonObject): boolean {
  return delta["content"] === undefined && Object.entries(delta).some(([name, value]) => !silentFields.has(name) && value !== null && value !== "");
}

/** A role alone is not content. A refusal is text that the user must see. */
function textOf(message: JsonObject | null): ChatEvent[] {
  const text = asString(message?.["content"]) || asString(message?.["refusal"]) || partsOf(message, textIn);
  return text === "" ? [] : [{ type: "text", text }];
}

/** Of content in parts, as Mistral's reasoning models and Databricks send it. */
function partsOf(message: JsonObject | null, read: (part: JsonObject) => string): string {
  return (asArray(message?.["content"]) ?? []).map((part) => read(asObject(part) ?? {})).join("");
}

function textIn({ type, text }: JsonObject): string {
  return type === "text" ? (asString(text) ?? "") : "";
}

/** `thinking` is Mistral's, `summary` Databricks'; each is a list of texts. */
function thoughtIn({ type, thinking, summary }: JsonObject): string {
  if (type !== "thinking" && type !== "reasoning") return "";
  const list = asArray(thinking) ?? asArray(summary) ?? [];
  return asString(thinking) ?? list.map((one) => asString(asObject(one)?.["text"]) ?? "").join("");
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content_filter",
  tool_calls: "tool_calls",
  function_call: "tool_calls",
};
