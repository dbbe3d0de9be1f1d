import { piiPatterns } from "./pii-patterns.ts";
import type { PiiKind } from "./settings.ts";

export interface PiiMatch {
  readonly kind: PiiKind;
  readonly start: number;
  readonly end: number;
}

/** Personal data in a text, in order, none overlapping. */
export function findPii(text: string, kinds: readonly PiiKind[]): readonly PiiMatch[] {
  const found: PiiMatch[] = [];
  const taken = new Uint8Array(text.length);
  for (const { kind, pattern, isValid } of piiPatterns) {
    if (!kinds.includes(kind)) continue;
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (taken.subarray(start, end).includes(1) || !isValid(match[0])) continue;
      taken.fill(1, start, end);
      found.push({ kind, start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

const placeholderPattern = /\[(?:CREDENTIAL|EMAIL|IBAN|CARD|SSN|IP|PHONE)_\d{1,6}\]/g;

/** `[CREDENTIAL_999999]`. */
const PLACEHOLDER_CHARACTERS_MAX = 19;

/** The values of one request and what stands for each of them: `[EMAIL_1]`. The same value has the same placeholder throughout. */
export class Placeholders {
  readonly #byValue = new Map<string, string>();
  readonly #values = new Map<string, string>();
  readonly #taken: Set<string>;
  readonly #counts = new Map<PiiKind, number>();
  /** The number last given out, of each kind. */
  readonly #numbers = new Map<PiiKind, number>();

  /** `texts` may name placeholders already, as an earlier answer in the history does: those are not given out again. */
  constructor(texts: Iterable<string>) {
    this.#taken = new Set([...texts].flatMap((text) => text.match(placeholderPattern) ?? []));
  }

  get size(): number {
    return this.#values.size;
  }

  /** Whether `text` begins one of this request's placeholders and has not ended it. */
  isBegunBy(text: string): boolean {
    if (text.length >= PLACEHOLDER_CHARACTERS_MAX) return false;
    for (const name of this.#values.keys()) if (name.length > text.length && name.startsWith(text)) return true;
    return false;
  }

  /** `email:2,phone:1`. */
  get summary(): string {
    return [...this.#counts].map(([kind, count]) => `${kind}:${count}`).join(",");
  }

  /** The text with every value replaced. */
  scrub(text: string, kinds: readonly PiiKind[]): string {
    let result = "";
    let at = 0;
    for (const { kind, start, end } of findPii(text, kinds)) {
      result += text.slice(at, start) + this.#nameOf(kind, text.slice(start, end));
      at = end;
    }
    return result + text.slice(at);
  }

  /** The text with this request's own values put back. */
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
      if (!this.#taken.has(name)) return name;
    }
  }
}
