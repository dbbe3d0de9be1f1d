import type { Json, LongString, LongText } from "../../kernel/chat.ts";
import { utf8TextStrict } from "../../kernel/utf8.ts";
import { isExactNumber } from "./exact-json.ts";
import { type Member, membersOf } from "./json-text.ts";
import { findLongStrings, type FoundString, type Sizes } from "./long-strings.ts";
import { isMark, markedString, markOf } from "./long-text.ts";
import { parseInPieces } from "./parse-in-pieces.ts";
import type { Pause } from "./pause.ts";

/** Reading a body of this size in one piece takes some tenths of a millisecond. */
export const LONG_BYTES = 128 * 1024;

/** A long body, read in pieces. */
export interface LongBody {
  /** Its text, with marks in place of its long strings. */
  readonly outline: string;
  /** Of the outline. None where it is no object. */
  readonly members: readonly Member[];
  readonly long: LongText;
  /**
   * As `parseExact` parses the text. Only the texts of turns are marks still: whoever decodes the request passes its
   * messages to `readOnDemand`. Decoding uses it up.
   */
  readonly value: Json;
}

const defaultSizes: Sizes = { piece: 32 * 1024, longString: 256 };

/**
 * Reads a body as `parseExact` does, in pieces: its structure, without its long strings. Those are checked, and stay
 * bytes until somebody asks for their value: most requests travel as they came. A body that is not JSON, is nested too
 * deep, or is odd (a byte order mark, the control character of the marks) is returned as it is, and left to those who
 * read it in one piece.
 */
export async function readInPieces(bytes: Uint8Array, pause: Pause, sizes: Sizes = defaultSizes): Promise<LongBody | Uint8Array> {
  const found = await findLongStrings(bytes, pause, sizes);
  if (found === null) return bytes;
  const long = { gaps: gapsBetween(found, bytes), strings: await stringsOf(found, bytes, pause, sizes) };
  const outline = outlineOf(long);
  await pause();
  if (outline === null || outline.startsWith("\ufeff")) return bytes;
  try {
    const { value, members } = await parseInPieces(outline, sizes.piece, pause);
    await pause();
    const whole = found.length === 0 ? value : await withStringsInPieces(value, long, pause);
    return { outline, members: members ?? membersOfObject(outline, value), long, value: whole };
  } catch (error) {
    if (error instanceof SyntaxError) return bytes;
    throw error;
  }
}

function membersOfObject(outline: string, value: Json): readonly Member[] {
  return typeof value !== "object" || value === null || Array.isArray(value) || isExactNumber(value) ? [] : membersOf(outline);
}

function gapsBetween(found: readonly FoundString[], bytes: Uint8Array): readonly Uint8Array[] {
  return [...found, null].map((string, index) => bytes.subarray(found[index - 1]?.end ?? 0, string?.start ?? bytes.length));
}

/** Null: a gap is not UTF-8. */
function outlineOf({ gaps }: LongText): string | null {
  const parts: string[] = [];
  for (const [index, gap] of gaps.entries()) {
    const text = utf8TextStrict(gap);
    if (text === null) return null;
    parts.push(...(index === 0 ? [] : [markOf(index - 1)]), text);
  }
  /** Joining one part copies nothing. */
  return parts.join("");
}

/** One of more than a piece with escapes is read now, because that takes pauses. */
async function stringsOf(found: readonly FoundString[], bytes: Uint8Array, pause: Pause, { piece }: Sizes): Promise<readonly LongString[]> {
  const strings: LongString[] = [];
  for (const one of found) {
    const read = one.hasEscapes && one.end - one.start > piece ? await unescapedInPieces(textOf(bytes, one), pause, piece) : null;
    strings.push(new StringInBytes(bytes.subarray(one.start, one.end), one.hasEscapes, read));
    if (read !== null) await pause();
  }
  return strings;
}

const textOf = (bytes: Uint8Array, { start, end }: FoundString): string => utf8TextStrict(bytes.subarray(start + 1, end - 1))!;

class StringInBytes implements LongString {
  readonly bytes: Uint8Array;
  readonly #hasEscapes: boolean;
  #value: string | null;

  constructor(bytes: Uint8Array, hasEscapes: boolean, value: string | null) {
    this.bytes = bytes;
    this.#hasEscapes = hasEscapes;
    this.#value = value;
  }

  get value(): string {
    this.#value ??= this.#hasEscapes ? (JSON.parse(utf8TextStrict(this.bytes)!) as string) : utf8TextStrict(this.bytes.subarray(1, -1))!;
    return this.#value;
  }
}

/** The value of what stands between the quotes of a string of JSON. */
async function unescapedInPieces(text: string, pause: Pause, piece: number): Promise<string> {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const next = cutAt(text, at, Math.min(at + piece, text.length));
    const part = text.slice(at, next);
    parts.push(part.includes("\\") ? (JSON.parse(`"${part}"`) as string) : part);
    at = next;
    await pause();
  }
  return parts.join("");
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
 * The value with each mark replaced by its string, but for the texts of turns, and with a pause after each element of
 * the lists of the whole object.
 */
async function withStringsInPieces(value: Json, long: LongText, pause: Pause): Promise<Json> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isExactNumber(value)) return withStrings(value, long);
  const members = value as Record<string, Json>;
  for (const name of Object.keys(members)) {
    const member = members[name]!;
    if (!Array.isArray(member)) members[name] = withStrings(member, long);
    else for (const index of member.keys()) {
      (member as Json[])[index] = withStrings(member[index] as Json, long, turnLists.has(name));
      await pause();
    }
  }
  return value;
}

const turnLists: ReadonlySet<string> = new Set(["messages", "input"]);

/** The value with each mark replaced by its string. Of a turn, or a part of its content, the text stays a mark. */
function withStrings(value: Json, long: LongText, isTurn = false): Json {
  if (typeof value === "string") return markedString(value, long)?.value ?? value;
  if (typeof value !== "object" || value === null || isExactNumber(value)) return value;
  const items = value as Record<string, Json>;
  for (const key of Object.keys(items)) {
    const item = items[key]!;
    const isText = isTurn && (key === "content" || key === "text");
    if (typeof item === "string") {
      if (isMark(item) && !isText) items[key] = withStrings(item, long);
    } else if (isText && Array.isArray(item)) items[key] = item.map((part: Json) => withStrings(part, long, true));
    else if (typeof item === "object") items[key] = withStrings(item, long);
  }
  return value;
}
