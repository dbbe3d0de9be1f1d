import type { Json } from "../../kernel/chat.ts";

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

/** Parses, and throws, as `JSON.parse` does. Of a text without odd numbers the result is the same. */
export function parseExact(text: string): Json {
  if (!oddNumber.test(text)) return JSON.parse(text) as Json;
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
