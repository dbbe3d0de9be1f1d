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
  for (const { kind, pattern, isValid } of piiPatterns) {
    if (!kinds.includes(kind)) continue;
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length];
      const isFree = found.every((other) => end <= other.start || start >= other.end);
      if (isFree && isValid(match[0])) found.push({ kind, start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

const placeholderPattern = /\[(?:CREDENTIAL|EMAIL|IBAN|CARD|SSN|IP|PHONE)_\d{1,6}\]/g;

/** The values of one request and what stands for each of them: `[EMAIL_1]`. The same value has the same placeholder throughout. */
export class Placeholders {
  readonly #byValue = new Map<string, string>();
  readonly #values = new Map<string, string>();
  readonly #taken: Set<string>;
  readonly #counts = new Map<PiiKind, number>();

  /** `texts` may name placeholders already, as an earlier answer in the history does: those are not given out again. */
  constructor(texts: Iterable<string>) {
    this.#taken = new Set([...texts].flatMap((text) => text.match(placeholderPattern) ?? []));
  }

  get size(): number {
    return this.#values.size;
  }

  get names(): readonly string[] {
    return [...this.#values.keys()];
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

  has(value: string): boolean {
    return this.#byValue.has(value);
  }

  #nameOf(kind: PiiKind, value: string): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    let number = 1;
    const name = () => `[${kind.toUpperCase()}_${number}]`;
    while (this.#taken.has(name())) number++;
    const given = name();
    this.#taken.add(given);
    this.#byValue.set(value, given);
    this.#values.set(given, value);
    return given;
  }
}
