/** A non-empty JSON string without escapes. */
const plainString = /^"[\x20-\x21\x23-\x5b\x5d-\uffff]+"$/;

/**
 * Most chunks of a stream differ from the one before only in their text. Where a chunk was parsed and held nothing but
 * a text, a later one with the same JSON around another plain string holds nothing but that string, so it need not be
 * parsed.
 */
export class ChunkPattern {
  readonly #key: string;
  #before: string | null = null;
  #after = "";

  /** `field` is the name under which a chunk has its text. */
  constructor(field: string) {
    this.#key = `"${field}":`;
  }

  /** The text of a chunk of the learned pattern; null: the chunk differs. */
  textOf(data: string): string | null {
    if (this.#before === null) return null;
    const [from, to] = [this.#before.length, data.length - this.#after.length];
    /** Comparing slices is five times as fast as `startsWith` and `endsWith`. */
    if (data.slice(0, from) !== this.#before || data.slice(to) !== this.#after) return null;
    const literal = data.slice(from, to);
    return plainString.test(literal) ? literal.slice(1, -1) : null;
  }

  /**
   * `data` was parsed and held `text` and nothing else. Where the field occurs twice, it is not known which of them
   * held it.
   */
  learn(data: string, text: string): void {
    const at = data.indexOf(this.#key) + this.#key.length;
    const literal = `"${text}"`;
    if (at < this.#key.length || data.includes(this.#key, at) || !plainString.test(literal) || !data.startsWith(literal, at)) return;
    this.#before = data.slice(0, at);
    this.#after = data.slice(at + literal.length);
  }
}
