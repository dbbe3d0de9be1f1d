import { findPii } from "./pii.ts";
import { PII_CHARACTERS_MAX } from "./pii-patterns.ts";
import type { PiiKind } from "./settings.ts";
import type { TextFilter } from "./text-filter.ts";

/** Words that a value may go on over: groups of digits and capitals, and what stands between them. */
const groupBefore = /(?:^|\s)[A-Z0-9().+-]{1,24}\s{0,3}$/;

/**
 * Takes personal data out of an answer that comes in pieces. Holds back the last word, and the groups of digits before it: a stream of words
 * comes one word late.
 */
export class ScrubFilter implements TextFilter {
  readonly #kinds: readonly PiiKind[];
  readonly #found: (kind: PiiKind) => void;
  #held = "";
  /** The last character that went out: what a match may not follow. */
  #before = "";

  constructor(kinds: readonly PiiKind[], found: (kind: PiiKind) => void) {
    this.#kinds = kinds;
    this.#found = found;
  }

  push(text: string): string {
    const whole = this.#held + text;
    return this.#release(whole, this.#cutOf(whole));
  }

  end(): string {
    return this.#release(this.#held, this.#held.length);
  }

  /** Nothing that begins before the cut can go on after it. */
  #cutOf(whole: string): number {
    let cut = wordStart(whole, whole.length);
    while (cut > 0 && groupBefore.test(whole.slice(Math.max(0, cut - 32), cut))) {
      cut = wordStart(whole, whole.slice(0, cut).trimEnd().length);
    }
    return Math.max(cut, whole.length - PII_CHARACTERS_MAX);
  }

  #release(whole: string, cut: number): string {
    const offset = this.#before.length;
    const matches = findPii(this.#before + whole, this.#kinds).map(({ kind, start, end }) => ({ kind, start: start - offset, end: end - offset }));
    const spanning = matches.find(({ start, end }) => start < cut && end > cut);
    const until = Math.max(0, spanning?.start ?? cut);
    let result = "";
    let at = 0;
    for (const { kind, start, end } of matches) {
      if (end > until || start < 0) continue;
      this.#found(kind);
      result += `${whole.slice(at, start)}[${kind.toUpperCase()}]`;
      at = end;
    }
    result += whole.slice(at, until);
    this.#held = whole.slice(until);
    this.#before = until > 0 ? whole[until - 1]! : this.#before;
    return result;
  }
}

/** Where the word that ends at `end` begins. */
function wordStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && !/\s/.test(text[start - 1]!)) start--;
  return start;
}
