import { noAnswer, readEvent } from "./answer.ts";

const key = '"content":';
const plainString = /^"[\x20-\x21\x23-\x5b\x5d-\uffff]*"$/;

/**
 * Most events of a stream differ from the one before only in their word. Where an event was read and added nothing but
 * a text, a later one with the same JSON around another string without escapes adds nothing but that string, so that it
 * need not be parsed.
 */
export class WordPattern {
  #before: string | null = null;
  #after = "";

  /** What the event adds to the text; null: it has to be read. */
  wordOf(data: string): string | null {
    const before = this.#before;
    if (before === null) return null;
    const [from, to] = [before.length, data.length - this.#after.length];
    /** Comparing slices is faster than `startsWith` and `endsWith`. */
    if (data.slice(0, from) !== before || data.slice(to) !== this.#after) return null;
    const literal = data.slice(from, to);
    return plainString.test(literal) ? literal.slice(1, -1) : null;
  }

  /**
   * The event has been read. Reading it with another word in its place shows whether it adds a word and nothing else.
   */
  learn(data: string): void {
    const from = data.indexOf(key) + key.length;
    if (from < key.length || data[from] !== '"') return;
    const to = data.indexOf('"', from + 1) + 1;
    if (to <= from + 2) return;
    const [before, after] = [data.slice(0, from), data.slice(to)];
    const { text, terminal, finishReason, errorCode, usage } = readEvent(noAnswer, `${before}"?"${after}`);
    if (text !== "?" || terminal || finishReason !== null || errorCode !== null || usage !== null) return;
    this.#before = before;
    this.#after = after;
  }
}
