import { utf8TextStrict } from "../../kernel/utf8.ts";
import type { Pause } from "./pause.ts";

export interface Sizes {
  /** What is read without a pause, in bytes or characters: about a tenth of a millisecond. */
  readonly piece: number;
  /** Shorter strings are not long. In bytes. */
  readonly longString: number;
}

/** A string of JSON in a body: from its opening quote to after its closing one, in bytes. */
export interface FoundString {
  readonly start: number;
  readonly end: number;
  readonly hasEscapes: boolean;
}

const [QUOTE, BACKSLASH, COLON, U] = [0x22, 0x5c, 0x3a, 0x75];
/** What may follow a backslash, and hexadecimal digits. */
const isEscape = tableOf('"\\/bfnrtu');
const isHex = tableOf("0123456789abcdefABCDEF");
const isSpace = tableOf(" \t\n\r");

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/**
 * The long strings of a body that are not names of members, in their order. UTF-8 has the bytes of quotes and
 * backslashes for nothing else, so that the bytes need not become text. Null: the body is not UTF-8, one of its strings
 * is not JSON, or holds an escaped U+0001, with which marks begin.
 */
export async function findLongStrings(bytes: Uint8Array, pause: Pause, { piece, longString }: Sizes): Promise<readonly FoundString[] | null> {
  const found: FoundString[] = [];
  /** Of the string in which the search is. -1: in none. */
  let start = -1;
  let hasEscapes = false;
  const plainEnd = plainEndIn(bytes);
  for (let at = 0, checked = 0; at < bytes.length; ) {
    const until = Math.min(at + piece, bytes.length);
    while (at < until) {
      if (start === -1) {
        while (at < until && bytes[at] !== QUOTE) at++;
        if (at < until) [start, hasEscapes] = [at++, false];
        continue;
      }
      at = plainEnd(at, until);
      if (at >= until) break;
      if (bytes[at] === QUOTE) {
        at++;
        if (at - start > longString && !isName(bytes, at)) found.push({ start, end: at, hasEscapes });
        start = -1;
        continue;
      }
      const length = escapeLength(bytes, at);
      if (length === 0) return null;
      hasEscapes = true;
      at += length;
    }
    const end = at < bytes.length ? characterStart(bytes, at) : at;
    if (!isUtf8(bytes.subarray(checked, end))) return null;
    checked = end;
    await pause();
  }
  return start === -1 ? found : null;
}

/**
 * Where the bytes end, at the latest at `until`, that stand in a string of JSON as in its value: before a quote, a
 * backslash or a control character. Four bytes are compared at once, which takes half the time: a byte of `x` is 0, or
 * less than 32, where the subtraction borrows into its highest bit. Where it borrows from the byte below as well, all
 * four are compared again.
 */
function plainEndIn(bytes: Uint8Array): (from: number, until: number) => number {
  const lead = -bytes.byteOffset & 3;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + lead, Math.max(0, (bytes.length - lead) >> 2));
  const plainWordsEnd = (from: number, until: number) => {
    let at = from;
    for (; at < until; at++) {
      const word = words[at]!;
      const [quote, slash] = [word ^ 0x22222222, word ^ 0x5c5c5c5c];
      if (((((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash) | ((word - 0x20202020) & ~word)) & 0x80808080) !== 0) return at;
    }
    return at;
  };
  return (from, until) => {
    for (let at = from; at < until; at++) {
      const word = at - lead;
      if ((word & 3) === 0 && word >= 0) at = lead + 4 * plainWordsEnd(word >> 2, (until - lead) >> 2);
      const byte = bytes[at]!;
      if (at >= until || byte === QUOTE || byte === BACKSLASH || byte < 0x20) return Math.min(at, until);
    }
    return until;
  };
}

/** Of the escape that begins there. 0: it is none, or that of U+0001. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1] ?? 0;
  if (bytes[at] !== BACKSLASH || isEscape[kind] !== 1) return 0;
  if (kind !== U) return 2;
  let hasOther = false;
  for (let index = 2; index < 6; index++) {
    const digit = bytes[at + index] ?? 0;
    if (isHex[digit] !== 1) return 0;
    if (digit !== (index === 5 ? 0x31 : 0x30)) hasOther = true;
  }
  return hasOther ? 6 : 0;
}

function isName(bytes: Uint8Array, end: number): boolean {
  let at = end;
  while (isSpace[bytes[at] ?? 0] === 1) at++;
  return bytes[at] === COLON;
}

/** The longest character has four bytes. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > at - 3 && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}

function isUtf8(bytes: Uint8Array): boolean {
  return utf8TextStrict(bytes) !== null;
}
