import type { ChatEvent, Json, JsonObject } from "../../kernel/chat.ts";
import type { Passage } from "./answer.ts";
import { asArray, asNumber, asObject, asString } from "./json.ts";
import { isForeignCall } from "./openai-shape.ts";

/** Whether an answer in OpenAI's format, or a chunk of one, may be passed to a client of the format as it came. */

const finishReasons: ReadonlySet<Json | undefined> = new Set([undefined, null, "stop", "length", "tool_calls", "content_filter", "function_call"]);

/** Fields of a message or delta that become events, or that say nothing by themselves. */
const translatedFields: ReadonlySet<string> = new Set(["role", "content", "refusal", "tool_calls", "reasoning_content", "reasoning", "reasoning_details"]);

/**
 * A chunk passes where it is what the format asks for: its clients rely on that. What a server left out or wrote in a
 * form of its own is translated instead: SDKs throw for an error in a chunk, though it holds nothing. Null also for
 * what means nothing to anybody.
 */
export function chunkPassage(chunk: JsonObject, events: readonly ChatEvent[]): Passage {
  const choices = asArray(chunk["choices"])?.map((choice) => asObject(choice)) ?? null;
  if (choices === null || chunk["object"] !== "chat.completion.chunk" || asObject(chunk["error"]) !== null || !asString(chunk["model"]) || !isPlainUsage(chunk["usage"]) || !choices.every((choice) => isPlainChoice(choice, "delta"))) return null;
  return passageOf(choices, "delta", events);
}

/** The same of a whole answer. */
export function completionPassage(body: JsonObject, events: readonly ChatEvent[]): Passage {
  const choices = asArray(body["choices"])?.map((choice) => asObject(choice)) ?? [];
  if (body["object"] !== "chat.completion" || !asString(body["model"]) || !isPlainUsage(body["usage"]) || !choices.every((choice) => isPlainChoice(choice, "message"))) return null;
  return passageOf(choices, "message", events);
}

/** Usage as the format asks for it: SDKs throw where a count is missing (theopenco/llmgateway pull request 2861). */
function isPlainUsage(value: Json | undefined): boolean {
  if ((value ?? null) === null) return true;
  const usage = asObject(value);
  return ["prompt_tokens", "completion_tokens", "total_tokens"].every((name) => asNumber(usage?.[name]) !== null);
}

type Holder = "delta" | "message";

function isPlainChoice(choice: JsonObject | null, holder: Holder): boolean {
  const isNumbered = asNumber(choice?.["index"]) !== null;
  return isNumbered && asObject(choice?.[holder]) !== null && finishReasons.has(choice?.["finish_reason"]);
}

function passageOf(choices: readonly (JsonObject | null)[], holder: Holder, events: readonly ChatEvent[]): Passage {
  const first = choices.find((choice) => choice?.["index"] === 0);
  const calls = asArray(asObject(first?.[holder])?.["tool_calls"]) ?? [];
  if (!arePlainCalls(calls, holder, events)) return null;
  if (choices.some((choice) => choice !== null && hasMore(choice, holder, choice === first))) return "content";
  return events.length === 0 ? "aside" : "known";
}

/** Another choice than the first, fields that nobody here knows, and probabilities have no word in the vocabulary. */
function hasMore(choice: JsonObject, holder: Holder, isFirst: boolean): boolean {
  const fields = Object.entries(asObject(choice[holder]) ?? {}).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0));
  if (!isFirst) return fields.some(([name]) => name !== "role") || (choice["finish_reason"] ?? null) !== null;
  return (choice["logprobs"] ?? null) !== null || fields.some(([name, value]) => !translatedFields.has(name) || !arePlainParts(asArray(value) ?? []));
}

/** Parts of content and calls that became events: texts, thoughts, calls of functions. */
function arePlainParts(parts: readonly Json[]): boolean {
  return parts.every((part) => plainParts.has(asObject(part)?.["type"]) || !isForeignCall(part));
}

const plainParts: ReadonlySet<Json | undefined> = new Set(["text", "thinking", "reasoning"]);

/** Calls as the format asks for them: the events that were read of them say the same, in their order. */
function arePlainCalls(calls: readonly Json[], holder: Holder, events: readonly ChatEvent[]): boolean {
  const read = events.filter(({ type }) => type === "tool_call" || type === "tool_arguments");
  let at = 0;
  for (const [position, value] of calls.entries()) {
    if (isForeignCall(value)) continue;
    const call = asObject(value);
    const calledFunction = asObject(call?.["function"]);
    const index = holder === "delta" ? asNumber(call?.["index"]) : position;
    const [id, name, text] = [call?.["id"] ?? null, calledFunction?.["name"] ?? null, calledFunction?.["arguments"] === undefined ? "" : calledFunction["arguments"]];
    if (index === null || typeof text !== "string") return false;
    if (id !== null || name !== null) {
      const begun = read[at++];
      if (begun?.type !== "tool_call" || begun.index !== index || begun.id !== id || begun.name !== name) return false;
    }
    if (text === "" && id === null && name === null) return false;
    if (text === "") continue;
    const emitted = read[at++];
    if (emitted?.type !== "tool_arguments" || emitted.index !== index || emitted.text !== text) return false;
  }
  return at === read.length;
}
