import { messageOf } from "../../kernel/errors.ts";

/** A request body that is refused with 400. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

/** A JSON number as it was written, because a JavaScript number cannot hold every 64-bit integer. */
export class NumberLiteral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type BodyValue = null | boolean | string | NumberLiteral | readonly BodyValue[] | BodyObject;
export interface BodyObject {
  readonly [key: string]: BodyValue;
}

/**
 * Parses the first JSON value of a body. The rest is ignored, as Go's `json.Decoder` does, because Toxiproxy's clients
 * may rely on it. Throws BodyError.
 */
export function parseBody(text: string): BodyValue {
  const source = text.trimStart();
  if (source === "") throw new BodyError("EOF");
  const end = firstValueEnd(source);
  if (end === -1) throw new BodyError("unexpected EOF");
  try {
    return JSON.parse(source.slice(0, end), keepNumbers) as BodyValue;
  } catch (error) {
    throw new BodyError(messageOf(error));
  }
}

const keepNumbers = (_key: string, value: unknown, context?: { source?: string }) =>
  typeof value === "number" ? new NumberLiteral(context?.source ?? String(value)) : value;

/**
 * The end of the first value: an object or array ends at its bracket, anything else at the end of the text. -1: it does
 * not end.
 */
function firstValueEnd(source: string): number {
  if (source[0] !== "{" && source[0] !== "[") return source.length;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < source.length; index++) {
    const letter = source[index];
    if (inString) {
      if (letter === "\\") index++;
      else if (letter === '"') inString = false;
    } else if (letter === '"') inString = true;
    else if (letter === "{" || letter === "[") depth++;
    else if ((letter === "}" || letter === "]") && --depth === 0) return index + 1;
  }
  return -1;
}

/** The body as an object. Null is an empty one. Throws BodyError. */
export function asObject(value: BodyValue, what: string): BodyObject {
  if (value === null) return {};
  if (typeof value === "object" && !Array.isArray(value) && !(value instanceof NumberLiteral)) return value as BodyObject;
  throw new BodyError(`${what} must be an object, not ${kindOf(value)}`);
}

/** The body as a list. Null is an empty one. Throws BodyError. */
export function asList(value: BodyValue, what: string): readonly BodyValue[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value as readonly BodyValue[];
  throw new BodyError(`${what} must be an array, not ${kindOf(value)}`);
}

/** The last field with this name in any case, as Go reads it. Undefined when absent or null. */
export function field(object: BodyObject, name: string): Exclude<BodyValue, null> | undefined {
  let found: BodyValue = null;
  for (const [key, value] of Object.entries(object)) {
    if (key.toLowerCase() === name && value !== null) found = value;
  }
  return found ?? undefined;
}

export function stringField<D>(object: BodyObject, name: string, absent: D): string | D {
  const value = field(object, name);
  if (value === undefined) return absent;
  if (typeof value === "string") return value;
  throw new BodyError(`${name} must be a string, not ${kindOf(value)}`);
}

export function booleanField<D>(object: BodyObject, name: string, absent: D): boolean | D {
  const value = field(object, name);
  if (value === undefined) return absent;
  if (typeof value === "boolean") return value;
  throw new BodyError(`${name} must be true or false, not ${kindOf(value)}`);
}

/** A 32-bit float: Toxiproxy's own type for toxicity. */
export function floatField<D>(object: BodyObject, name: string, absent: D): number | D {
  const value = field(object, name);
  if (value === undefined) return absent;
  const number = value instanceof NumberLiteral ? Math.fround(Number(value.text)) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new BodyError(`${name} must be a 32-bit float, not ${kindOf(value)}`);
}

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** A 64-bit integer in integer notation: neither 1.5 nor 1e3. */
export function integerField<D>(object: BodyObject, name: string, absent: D): bigint | D {
  const value = field(object, name);
  if (value === undefined) return absent;
  const number = value instanceof NumberLiteral && /^-?\d{1,20}$/.test(value.text) ? BigInt(value.text) : null;
  if (number !== null && number >= int64Min && number <= int64Max) return number;
  throw new BodyError(`${name} must be a 64-bit integer, not ${kindOf(value)}`);
}

function kindOf(value: BodyValue): string {
  if (value instanceof NumberLiteral) return `number ${value.text.slice(0, 40)}`;
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}
