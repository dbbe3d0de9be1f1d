import type { Json, LongString, LongText } from "../../kernel/chat.ts";
import { utf8TextStrict } from "../../kernel/utf8.ts";
import { isExactNumber } from "./exact-json.ts";
import { patched, type Span, stringEnd } from "./json-text.ts";
import { isMark, markOf, markedString, marksIn } from "./long-text.ts";
import { parseInPieces } from "./parse-in-pieces.ts";
import type { Pause } from "./pause.ts";

/** Reading a body of this size in one piece takes some tenths of a millisecond. */
export const LONG_BYTES = 128 * 1024;

/** A long body, read in pieces. */
export interface LongBody {
  readonly text: string;
  readonly long: LongText;
  /** As `parseExact` parses the text. */
  readonly value: Json;
}

interface Sizes {
  /** What is read without a pause, in bytes or characters: about a tenth of a millisecond. */
  readonly piece: number;
  /** Shorter strings stay in the outline. */
  readonly longString: number;
}

const defaultSizes: Sizes = { piece: 32 * 1024, longString: 256 };

/**
 * Reads a body as `parseExact` does, in pieces: its structure, without its long strings, and then each of those. One
 * that is not JSON, is nested too deep, or is odd (a byte order mark, the marks that are used here) is returned as it
 * is, and left to those who read it in one piece.
 */
export async function readInPieces(bytes: Uint8Array, pause: Pause, sizes: Sizes = defaultSizes): Promise<LongBody | Uint8Array> {
  /** In one piece: that takes a quarter of the time of joining pieces. */
  const text = utf8TextStrict(bytes);
  await pause();
  const spans = text === null || text.startsWith("\ufeff") ? null : await longStrings(text, pause, sizes);
  if (text === null || spans === null) return bytes;
  const outline = patched(text, spans.map((span, index) => ({ ...span, text: markOf(index) })));
  await pause();
  if (marksIn(outline) !== spans.length) return bytes;
  await pause();
  try {
    const value = await parseInPieces(outline, sizes.piece, pause);
    await pause();
    const strings: LongString[] = [];
    for (const span of spans) strings.push({ ...span, value: await stringIn(text, span, pause, sizes) });
    const long = { bytes, outline, strings };
    return { text, long, value: await withStringsInPieces(value, long, pause) };
  } catch (error) {
    if (error instanceof SyntaxError) return bytes;
    throw error;
  }
}

/** Null: the last one does not end. */
async function longStrings(text: string, pause: Pause, { piece, longString }: Sizes): Promise<readonly Span[] | null> {
  const spans: Span[] = [];
  let paused = 0;
  for (let start = text.indexOf('"'); start !== -1; ) {
    const end = stringEnd(text, start);
    if (end === text.length) return null;
    if (end - start > longString && !isName(text, end)) spans.push({ start, end });
    if (end - paused > piece) {
      paused = end;
      await pause();
    }
    start = text.indexOf('"', end);
  }
  return spans;
}

const colon = /[\t\n\r ]*:/y;

function isName(text: string, end: number): boolean {
  colon.lastIndex = end;
  return colon.test(text);
}

/**
 * Quotes, backslashes and control characters: what stands in a string of JSON otherwise than in its value, or may not
 * stand there.
 */
const special = /[^ !#-[\]-\uffff]/;

/**
 * The value of a string of JSON. Throws `SyntaxError`. Where it has no escapes, it is a part of the text and no copy of
 * it.
 */
async function stringIn(text: string, { start, end }: Span, pause: Pause, { piece }: Sizes): Promise<string> {
  const parts: string[] = [];
  let isPlain = true;
  for (let at = start + 1; at < end - 1; ) {
    const next = cutAt(text, at, Math.min(at + piece, end - 1));
    const part = text.slice(at, next);
    const isPlainPart = !special.test(part);
    parts.push(isPlainPart ? part : (JSON.parse(`"${part}"`) as string));
    isPlain &&= isPlainPart;
    at = next;
    await pause();
  }
  return isPlain ? text.slice(start + 1, end - 1) : parts.join("");
}

/** The longest escape. */
const ESCAPE_CHARACTERS = 6;

/** `end`, or the beginning of the escape in which it lies. There is none at `from`. */
function cutAt(text: string, from: number, end: number): number {
  let slash = end - 1;
  while (slash > end - ESCAPE_CHARACTERS && text[slash] !== "\\") slash--;
  if (slash <= from || text[slash] !== "\\") return end;
  let run = slash;
  while (run > from && text[run - 1] === "\\") run--;
  const isEscape = (slash - run) % 2 === 0;
  return isEscape ? slash : end;
}

/**
 * The value with each mark replaced by its string, with a pause after each element of the lists of the whole object.
 */
async function withStringsInPieces(value: Json, long: LongText, pause: Pause): Promise<Json> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isExactNumber(value)) return withStrings(value, long);
  const members = value as Record<string, Json>;
  for (const name of Object.keys(members)) {
    const member = members[name]!;
    if (!Array.isArray(member)) members[name] = withStrings(member, long);
    else for (const index of member.keys()) {
      (member as Json[])[index] = withStrings(member[index] as Json, long);
      await pause();
    }
  }
  return value;
}

/** The value with each mark replaced by its string. */
function withStrings(value: Json, long: LongText): Json {
  if (typeof value === "string") return markedString(value, long)?.value ?? value;
  if (typeof value !== "object" || value === null || isExactNumber(value)) return value;
  const items = value as Record<string, Json>;
  for (const key of Object.keys(items)) {
    const item = items[key]!;
    if (typeof item === "object" || (typeof item === "string" && isMark(item))) items[key] = withStrings(item, long);
  }
  return value;
}
