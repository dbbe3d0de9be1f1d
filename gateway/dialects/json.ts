import type { Json, JsonObject } from "../../kernel/chat.ts";
import { MalformedAnswer } from "../core/contracts.ts";
import { isExactNumber, parseExact } from "../core/exact-json.ts";
import { isTooDeep } from "../core/json-depth.ts";
import type { SseEvent } from "./sse.ts";

/** Reads JSON of unknown shape: what is absent or of another type is null. */

export function asObject(value: Json | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isExactNumber(value) ? (value as JsonObject) : null;
}

export function asArray(value: Json | undefined): readonly Json[] | null {
  return Array.isArray(value) ? value : null;
}

export function asString(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

export function asNumber(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/**
 * A count of tokens: a whole number, not negative, and no larger than any prompt. Null for anything else, as for
 * nothing. Digits in a string are a number too: JSON of protocol buffers has them for large ones.
 */
export function tokenCount(value: Json | undefined): number | null {
  const count = typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : asNumber(value);
  return count !== null && Number.isSafeInteger(count) && count >= 0 && count <= 1e9 ? count : null;
}

/** The same, with its numbers as they came (`parseExact`): for what is written again. */
export function parseExactObject(text: string): JsonObject | null {
  if (isTooDeep(text)) return null;
  try {
    return asObject(parseExact(text));
  } catch {
    return null;
  }
}

/** The object that `text` holds, or null. One that is nested too deep is null. */
export function parseObject(text: string): JsonObject | null {
  if (isTooDeep(text)) return null;
  try {
    return asObject(JSON.parse(text) as Json);
  } catch {
    return null;
  }
}

/**
 * The object that a provider's `text` must hold. Throws `MalformedAnswer`, which names the place but never quotes
 * contents.
 */
export function requireObject(text: string, what: string): JsonObject {
  const object = parseObject(text);
  if (object === null) throw new MalformedAnswer(`${what} is not a JSON object (${text.length} characters)`);
  return object;
}

/** Whether a server gives this name to events that only keep a connection alive. */
export function isHeartbeatName(event: string): boolean {
  return /^(?:ping|heart_?beat|keep[-_]?alive)$/i.test(event);
}

/**
 * The object that an event of a stream must hold. Null: a heartbeat, which is an event of that name, or JSON that holds
 * nothing (`null`, `{}`, a number). Throws `MalformedAnswer` for what is not JSON.
 */
export function eventObject({ event, data }: SseEvent): JsonObject | null {
  const object = parseObject(data);
  if (object !== null) return Object.keys(object).length === 0 ? null : object;
  if (isHeartbeatName(event) || isEmptyJson(data)) return null;
  throw new MalformedAnswer(`Stream event is not a JSON object (${data.length} characters)`);
}

function isEmptyJson(text: string): boolean {
  return /^\s*(?:null|true|false|-?\d{1,20}|"[^"\\]{0,80}"|\[\s*\])\s*$/.test(text);
}
