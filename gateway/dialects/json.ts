import type { Json, JsonObject } from "../../kernel/chat.ts";
import { MalformedAnswer } from "../core/contracts.ts";
import { isTooDeep } from "./json-depth.ts";

/** Reads JSON of unknown shape: what is absent or of another type is null. */

export function asObject(value: Json | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
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
