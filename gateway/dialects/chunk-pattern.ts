/** A string in JSON that stands for itself, without escapes and not empty. */
const plainString = /^"[\x20-\x21\x23-\x5b\x5d-\uffff]+"$/;

/**
 * Most chunks of a stream are, letter for letter, the one before but for the words in them. Where a chunk was read whole and gave nothing but a
 * text, a later one with the same JSON around another plain string gives nothing but that string: it need not be parsed again.
 */
export class ChunkPattern {
  readonly #key: string;
  #before: string | null = null;
  #after = "";

  /** `field` is the name under which a chunk has its text. */
  constructor(field: string) {
    this.#key = `"${field}":`;
  }

  /** The text of a chunk of the learned pattern; null: it is another. */
  textOf(data: string): string | null {
    if (this.#before === null) return null;
    const [from, to] = [this.#before.length, data.length - this.#after.length];
    /** Slices compare five times as fast as `startsWith` and `endsWith`. */
    if (data.slice(0, from) !== this.#before || data.slice(to) !== this.#after) return null;
    const literal = data.slice(from, to);
    return plainString.test(literal) ? literal.slice(1, -1) : null;
  }

  /** `data` was read whole, and gave `text` and nothing else. Where the field is there twice, which of them bore it is not known. */
  learn(data: string, text: string): void {
    const at = data.indexOf(this.#key) + this.#key.length;
    const literal = `"${text}"`;
    if (at < this.#key.length || data.includes(this.#key, at) || !plainString.test(literal) || !data.startsWith(literal, at)) return;
    this.#before = data.slice(0, at);
    this.#after = data.slice(at + literal.length);
  }
}
