/** How the next piece of a text relates to the text that was delivered. */
export type Aligned =
  /** Part of what was delivered: nothing new. */
  | { readonly kind: "same" }
  /** All that was delivered has been seen. `rest`, and everything after it, is new. */
  | { readonly kind: "passed"; readonly rest: string }
  /** Another text. `seen`: all of it so far, of which `common` UTF-16 units agree. */
  | { readonly kind: "differs"; readonly seen: string; readonly common: number };

/**
 * Compares a replayed text with the delivered one, unit by unit, however either was cut into pieces. A text that says
 * the same in other words cannot be spliced without losing or doubling a token.
 */
export class Alignment {
  readonly #delivered: string;
  #length = 0;

  constructor(delivered: string) {
    this.#delivered = delivered;
  }

  /** UTF-16 units that agree so far. */
  get length(): number {
    return this.#length;
  }

  /** Whether all that was delivered has been seen again. */
  get passed(): boolean {
    return this.#length === this.#delivered.length;
  }

  /** Do not call again after it returned `differs`. */
  take(text: string): Aligned {
    const expected = this.#delivered.slice(this.#length, this.#length + text.length);
    if (!text.startsWith(expected)) {
      const seen = this.#delivered.slice(0, this.#length) + text;
      return { kind: "differs", seen, common: this.#length + commonLength(text, expected) };
    }
    this.#length += expected.length;
    return this.passed ? { kind: "passed", rest: text.slice(expected.length) } : { kind: "same" };
  }
}

/** Length of the common beginning, in UTF-16 units. */
export function commonLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
