import { findPii } from "./pii.ts";
import { JsonStrings } from "./json-strings.ts";
import { GROUPS_CHARACTERS_MAX, LOOK_BEHIND_CHARACTERS, PII_CHARACTERS_MAX, WEB_TOKEN_CHARACTERS_MAX, WEB_TOKEN_START } from "./pii-patterns.ts";
import type { PiiKind } from "./settings.ts";
import type { TextFilter } from "./text-filter.ts";

/** The longest group of a value: an IBAN's 34 characters may be one group, or all but the last ones. */
const GROUP_CHARACTERS_MAX = 34;

/** How far before a cut `groupBefore` looks: a group, the spaces after it and an escape before it. */
const GROUP_WINDOW_CHARACTERS = 48;

/**
 * Text after which a value may continue: a word that ends with a group of digits or capitals, such as `**4111`,
 * `tel:+44`, `isGB29` or `REF4111`.
 */
const groupBefore = new RegExp(
  String.raw`(?:^|\W|[a-z_](?=[A-Z\d])|[A-Z](?=\d)|\\[bfnrt]|\\u[\da-fA-F]{4})[A-Z0-9().+\u2010-\u2013-]{1,${GROUP_CHARACTERS_MAX}}\s{0,3}$`,
);

/**
 * Replaces personal data in an answer that comes in pieces. Holds back the last word, and the groups of digits before
 * it: a stream of words is one word late.
 */
export class ScrubFilter implements TextFilter {
  readonly #kinds: readonly PiiKind[];
  readonly #onFound: (kind: PiiKind) => void;
  /** Null: the text is not JSON. */
  readonly #strings: JsonStrings | null;
  #held = "";
  /** The last characters that were sent: context that a match may not follow. */
  #before = "";

  constructor(kinds: readonly PiiKind[], onFound: (kind: PiiKind) => void, isJson = false) {
    this.#kinds = kinds;
    this.#onFound = onFound;
    this.#strings = isJson ? new JsonStrings() : null;
  }

  push(text: string): string {
    const whole = this.#held + text;
    return this.#release(whole, this.#cutOf(whole));
  }

  end(): string {
    return this.#release(this.#held, this.#held.length);
  }

  /** Where nothing that begins before it can continue after it. */
  #cutOf(whole: string): number {
    let cut = wordStart(whole, whole.length);
    while (cut > 0 && whole.length - cut < GROUPS_CHARACTERS_MAX) {
      if (!groupBefore.test(whole.slice(Math.max(0, cut - GROUP_WINDOW_CHARACTERS), cut))) break;
      cut = wordStart(whole, whole.slice(0, cut).trimEnd().length);
    }
    return Math.max(cut, whole.length - (whole.includes(WEB_TOKEN_START, cut) ? WEB_TOKEN_CHARACTERS_MAX : PII_CHARACTERS_MAX));
  }

  #release(whole: string, cut: number): string {
    const offset = this.#before.length;
    const matches = findPii(this.#before + whole, this.#kinds, offset).map(({ kind, start, end }) => ({ kind, start: start - offset, end: end - offset }));
    const spanning = matches.find(({ start, end }) => start < cut && end > cut);
    const until = Math.max(0, spanning?.start ?? cut);
    let result = "";
    let at = 0;
    for (const { kind, start, end } of matches) {
      if (end > until) continue;
      this.#onFound(kind);
      const before = whole.slice(at, start);
      const name = `[${kind.toUpperCase()}]`;
      result += before + (this.#strings?.take(before) === false ? `"${name}"` : name);
      at = end;
    }
    const rest = whole.slice(at, until);
    this.#strings?.take(rest);
    result += rest;
    this.#held = whole.slice(until);
    this.#before = (this.#before + whole.slice(0, until)).slice(-LOOK_BEHIND_CHARACTERS);
    return result;
  }
}

/** The start of the word that ends at `end`. */
function wordStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && !/\s/.test(text[start - 1]!)) start--;
  return start;
}
