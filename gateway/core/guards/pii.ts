import { JsonStrings } from "./json-strings.ts";
import { LOOK_BEHIND_CHARACTERS, PII_CHARACTERS_MAX, type PiiPattern, piiPatterns, WEB_TOKEN_CHARACTERS_MAX, WEB_TOKEN_START } from "./pii-patterns.ts";
import type { PiiKind } from "./settings.ts";
import type { Pause } from "../pause.ts";

export interface PiiMatch {
  readonly kind: PiiKind;
  readonly start: number;
  readonly end: number;
}

/**
 * Personal data in a text, in order, without overlaps, none of it beginning before `from`: the text before `from` is
 * only context.
 */
export function findPii(text: string, kinds: readonly PiiKind[], from = 0): readonly PiiMatch[] {
  const found: PiiMatch[] = [];
  /** 1 for each character that was matched. Most texts have no match. */
  let taken: Uint8Array | null = null;
  for (const one of piiPatterns) {
    const { kind, pattern, needs } = one;
    if (!kinds.includes(kind) || (needs !== undefined && !text.includes(needs))) continue;
    pattern.lastIndex = from;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const start = match.index;
      const end = start + validLength(match[0], one);
      const isNew = end > start && taken?.subarray(start, end).includes(1) !== true;
      /** A match that is not valid may contain the beginning of a valid one. */
      pattern.lastIndex = isNew ? end : start + 1;
      if (!isNew) continue;
      taken ??= new Uint8Array(text.length);
      taken.fill(1, start, end);
      found.push({ kind, start, end });
    }
  }
  return found.length === 0 ? found : found.sort((a, b) => a.start - b.start);
}

/** What is searched without a pause: some tenths of a millisecond, and one where the text is all but full of values. */
const SEARCHED_CHARACTERS = 8_192;

/**
 * How far beyond a slice is read: a value that begins in it, and one of a more certain kind that overlaps with that.
 * Web tokens are the longest, and rare.
 */
function readEnd(text: string, from: number, end: number): number {
  const short = end + 2 * PII_CHARACTERS_MAX;
  return text.slice(from, short).includes(WEB_TOKEN_START) ? end + 2 * WEB_TOKEN_CHARACTERS_MAX : short;
}

/** As `findPii`, with a pause after each slice of the text. */
export async function findPiiInSlices(text: string, kinds: readonly PiiKind[], pause: Pause, characters = SEARCHED_CHARACTERS): Promise<readonly PiiMatch[]> {
  const found: PiiMatch[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + characters;
    const from = Math.max(0, start - LOOK_BEHIND_CHARACTERS);
    const inSlice = findPii(text.slice(from, readEnd(text, from, end)), kinds, start - from).map((match) => ({ ...match, start: match.start + from, end: match.end + from }));
    found.push(...inSlice.filter((match) => match.start < end));
    start = Math.max(end, found.at(-1)?.end ?? 0);
    if (start < text.length) await pause();
  }
  return found;
}

/** 0: no part of it is valid. */
function validLength(match: string, { isValid, isFollowed = false }: PiiPattern): number {
  if (isValid(match)) return match.length;
  if (!isFollowed) return 0;
  for (let length = match.length - 1; length > 0; length--) {
    if (/\s/.test(match[length]!) && isValid(match.slice(0, length))) return length;
  }
  return 0;
}

const placeholderPattern = /\[(?:CREDENTIAL|EMAIL|IBAN|CARD|SSN|IP|PHONE)_\d{1,6}\]/g;

/** `[CREDENTIAL_999999]`. */
const PLACEHOLDER_CHARACTERS_MAX = 19;

/** The placeholders that are in the texts already, read in pieces. */
export async function placeholdersIn(texts: Iterable<string>, pause: Pause, characters = SEARCHED_CHARACTERS): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const text of texts) {
    for (let start = 0; start < text.length; start += characters) {
      const piece = text.slice(Math.max(0, start - PLACEHOLDER_CHARACTERS_MAX), start + characters);
      for (const name of piece.match(placeholderPattern) ?? []) names.add(name);
      await pause();
    }
  }
  return names;
}

/**
 * The values of one request and their placeholders: `[EMAIL_1]`. The same value has the same placeholder throughout.
 */
export class Placeholders {
  readonly #byValue = new Map<string, string>();
  readonly #values = new Map<string, string>();
  readonly #usedNames: ReadonlySet<string>;
  readonly #counts = new Map<PiiKind, number>();
  /** The last number used, by kind. */
  readonly #numbers = new Map<PiiKind, number>();

  /** `usedNames`: placeholders that are in the request already, as an earlier answer in its history has them. */
  constructor(usedNames: ReadonlySet<string> = new Set()) {
    this.#usedNames = usedNames;
  }

  get size(): number {
    return this.#values.size;
  }

  /** Whether `text` is the unfinished beginning of one of this request's placeholders. */
  isBegunBy(text: string): boolean {
    if (text.length >= PLACEHOLDER_CHARACTERS_MAX) return false;
    for (const name of this.#values.keys()) if (name.length > text.length && name.startsWith(text)) return true;
    return false;
  }

  /** `email:2,phone:1`. */
  get summary(): string {
    return [...this.#counts].map(([kind, count]) => `${kind}:${count}`).join(",");
  }

  /** The text with every value replaced. In JSON a number becomes a string. `matches`: what `findPii` finds in it. */
  scrub(text: string, matches: readonly PiiMatch[], isJson = false): string {
    if (matches.length === 0) return text;
    const strings = isJson ? new JsonStrings() : null;
    let result = "";
    let at = 0;
    for (const { kind, start, end } of matches) {
      const name = this.#nameOf(kind, text.slice(start, end));
      const before = text.slice(at, start);
      result += before + (strings?.take(before) === false ? `"${name}"` : name);
      at = end;
    }
    return result + text.slice(at);
  }

  /** The text with this request's own values restored. */
  restore(text: string): string {
    return text.replace(placeholderPattern, (name) => this.#values.get(name) ?? name);
  }

  #nameOf(kind: PiiKind, value: string): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    const given = this.#nextName(kind);
    this.#byValue.set(value, given);
    this.#values.set(given, value);
    return given;
  }

  #nextName(kind: PiiKind): string {
    for (let number = (this.#numbers.get(kind) ?? 0) + 1; ; number++) {
      const name = `[${kind.toUpperCase()}_${number}]`;
      this.#numbers.set(kind, number);
      if (!this.#usedNames.has(name)) return name;
    }
  }
}
