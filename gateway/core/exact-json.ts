import type { Json } from "../../kernel/chat.ts";
import { stringEnd } from "./json-text.ts";

/**
 * JSON whose numbers are written again as they came: `1.0`, `12345678901234567890`. Arguments and schemas are another
 * program's, and a number that JavaScript cannot hold is an id more often than not.
 */

/** "JSON.parse source text access" (ES2026), which the compiler's library does not know yet. */
interface SourceJson {
  parse(text: string, reviver: (key: string, value: Json, context: { readonly source?: string }) => Json): Json;
  rawJSON(text: string): Json;
  isRawJSON(value: unknown): boolean;
}

const json = JSON as unknown as SourceJson;

/** A number that may not be written again as it came: many digits, a fraction that ends in 0, an exponent, `-0`. */
const oddNumber = /\d{16}|\.\d*0(?!\d)|\d[eE]|-0(?![.\d])/;

/** In a long text the strings are most of it: passing over them is faster than searching them. */
const LONG_CHARACTERS = 16_384;

function hasOddNumber(text: string): boolean {
  if (text.length < LONG_CHARACTERS) return oddNumber.test(text);
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    if (oddNumber.test(quote === -1 ? text.slice(at) : text.slice(at, quote))) return true;
    if (quote === -1) return false;
    at = stringEnd(text, quote);
  }
  return false;
}

/** Parses, and throws, as `JSON.parse` does. Of a text without odd numbers the result is the same. */
export function parseExact(text: string): Json {
  if (!hasOddNumber(text)) return JSON.parse(text) as Json;
  return json.parse(text, (_, value, { source }) => (typeof value === "number" && source !== undefined && String(value) !== source ? json.rawJSON(source) : value));
}

/** Whether a value is a number that `parseExact` kept as it came. */
export function isExactNumber(value: unknown): value is { readonly rawJSON: string } {
  return json.isRawJSON(value);
}

/** The value, a kept number as JavaScript's. */
export function plainValue(value: Json): Json {
  return isExactNumber(value) ? Number(value.rawJSON) : value;
}
