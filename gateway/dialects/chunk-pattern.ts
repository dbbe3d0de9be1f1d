import type { Around } from "../../kernel/chat.ts";

/** A non-empty JSON string without escapes. */
const plainString = /^"[\x20-\x21\x23-\x5b\x5d-\uffff]+"$/;

/** What is in one, from a place on. */
const plainText = /[\x20-\x21\x23-\x5b\x5d-\uffff]+/y;

/** Chunks of one pattern that follow one another in the text of a stream. */
export interface ChunkRun {
  /** The name of their events; `message`: they have none. */
  readonly event: string;
  /** Their texts: at least one, none of them empty. */
  readonly tokens: readonly string[];
  /** What they have in common: their JSON before the string that is their text, and after it. */
  readonly around: Around;
  /** The text of the stream that holds them, to the blank line after the last. */
  readonly data: string;
}

/**
 * Most chunks of a stream differ from the one before only in their text. Where a chunk was parsed and held nothing but
 * a text, a later one with the same JSON around another plain string holds nothing but that string, so it need not be
 * parsed.
 */
export class ChunkPattern {
  readonly #key: string;
  #event = "message";
  #around: Around | null = null;
  /** An event of the pattern before its text and after it; null: none is known, or it is not one line. */
  #frame: Around | null = null;

  /** `field` is the name under which a chunk has its text. */
  constructor(field: string) {
    this.#key = `"${field}":`;
  }

  /** The text of a chunk of the learned pattern; null: the chunk differs. */
  textOf(data: string): string | null {
    if (this.#around === null) return null;
    const { before, after } = this.#around;
    const [from, to] = [before.length, data.length - after.length];
    /** Comparing slices is five times as fast as `startsWith` and `endsWith`. */
    if (data.slice(0, from) !== before || data.slice(to) !== after) return null;
    const literal = data.slice(from, to);
    return plainString.test(literal) ? literal.slice(1, -1) : null;
  }

  /**
   * The chunks of the learned pattern that begin at `from`, in a stream whose lines end in LF; null: none. They are
   * what `textOf` finds in the data of each event, which is one `data` line and a blank one, after one with its name.
   */
  runAt(text: string, from: number): ChunkRun | null {
    if (this.#frame === null) return null;
    const { before, after } = this.#frame;
    const tokens: string[] = [];
    let end = from;
    for (;;) {
      const start = end + before.length;
      if (text.slice(end, start) !== before) break;
      plainText.lastIndex = start;
      if (!plainText.test(text)) break;
      const stop = plainText.lastIndex;
      if (text.slice(stop, stop + after.length) !== after) break;
      tokens.push(text.slice(start, stop));
      end = stop + after.length;
    }
    return tokens.length === 0 ? null : { event: this.#event, tokens, around: this.#around!, data: text.slice(from, end) };
  }

  /**
   * The data of an event was parsed and held `text` and nothing else. Where the field occurs twice, it is not known
   * which of them held it.
   */
  learn({ event, data }: { readonly event: string; readonly data: string }, text: string): void {
    const at = data.indexOf(this.#key) + this.#key.length;
    const literal = `"${text}"`;
    if (at < this.#key.length || data.includes(this.#key, at) || !plainString.test(literal) || !data.startsWith(literal, at)) return;
    const [before, after] = [data.slice(0, at), data.slice(at + literal.length)];
    this.#event = event;
    this.#around = { before, after };
    const named = event === "message" ? "" : `event: ${event}\n`;
    this.#frame = data.includes("\n") ? null : { before: `${named}data: ${before}"`, after: `"${after}\n\n` };
  }
}
