import type { FinishReason, Json, JsonObject } from "../../../kernel/chat.ts";
import type { StoredEvent } from "./stored-answer.ts";

/** Finish reasons of whole answers. `length` is a truncation, `content_filter` a filter's end. */
export const wholeEnds: ReadonlySet<string> = new Set<FinishReason>(["stop", "tool_calls"]);

/**
 * Whether these are the events of a whole answer, with every field that a reader relies on: a shared store can hold
 * anything.
 */
export function areStoredEvents(value: unknown): value is readonly StoredEvent[] {
  if (!Array.isArray(value)) return false;
  const events = value as readonly (JsonObject | null)[];
  return events.at(-1)?.["type"] === "end" && events.every(isStored);
}

function isStored(event: JsonObject | null): boolean {
  const type = event?.["type"];
  return typeof type === "string" && Object.hasOwn(isWhole, type) && isWhole[type as Kept](event!) && isPiece(event!["wire"]);
}

/** As a client may be sent it: absent, or with all of its fields. */
function isPiece(wire: Json | undefined): boolean {
  if (wire === undefined) return true;
  const { format, event, data, count } = (wire ?? {}) as JsonObject;
  return isText(format) && isText(event) && isText(data) && isNumber(count);
}

type Kept = Exclude<StoredEvent["type"], "error" | "restart">;

const isWhole: Readonly<Record<Kept, (event: JsonObject) => boolean>> = {
  start: ({ id, model }) => isText(id) && isText(model),
  text: ({ text }) => isText(text),
  texts: ({ text, lengths }) => isText(text) && areNumbers(lengths) && lengths.reduce((total, length) => total + length, 0) === text.length,
  reasoning: ({ text }) => isText(text),
  opaque: ({ kind, wire }) => isText(kind) && wire !== undefined,
  tool_call: ({ index, id, name }) => isNumber(index) && isText(id) && isText(name),
  tool_arguments: ({ index, text }) => isNumber(index) && isText(text),
  embedding: ({ index, vector }) => isNumber(index) && areNumbers(vector),
  finish: ({ reason }) => isText(reason) && wholeEnds.has(reason),
  usage: ({ usage }) => isNumber((usage as JsonObject | null)?.["inputTokens"]) && isNumber((usage as JsonObject)["outputTokens"]),
  end: () => true,
};

const isText = (value: Json | undefined): value is string => typeof value === "string";
const isNumber = (value: Json | undefined): value is number => typeof value === "number";
const areNumbers = (value: Json | undefined): value is readonly number[] => Array.isArray(value) && value.every(isNumber);
