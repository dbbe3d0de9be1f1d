import type { WordFaultKind } from "../../kernel/judgement.ts";
import { decodeWord, wordCheck, type Mark, type MarkWord } from "../../kernel/mark.ts";

/** One provider's part of an answer, by its marks. */
export interface Leg {
  readonly mark: Mark;
  readonly closed: boolean;
  /** Words delivered, the marks included: one word is one token. */
  readonly tokens: number;
}

export interface WordFault {
  readonly kind: WordFaultKind;
  readonly detail: string;
}

/** What the marks in an answer's text show. */
export interface AnswerReading {
  readonly legs: readonly Leg[];
  /** The last leg is closed: nothing is missing at the end. */
  readonly whole: boolean;
  /** Numbered words up to the end of the text. */
  readonly words: number;
  /** The first fault in reading order. */
  readonly fault: WordFault | null;
}

/**
 * Reads the provenance marks of an answer (kernel/mark.ts). Words must be numbered without a gap from 1 over all legs,
 * and each must be the digest's own. A leg may end without its CLOSE when another continues it. With `cut` (the client
 * knows that the answer broke off) an unreadable last word is taken for the stump of a word, not for a foreign one.
 */
export function readAnswer(text: string, cut: boolean): AnswerReading {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const reader = new Reader();
  for (const [position, word] of words.entries()) {
    const read = decodeWord(word);
    if (read !== null) reader.take(read);
    else if (!(cut && position === words.length - 1)) reader.foreign(position, word);
  }
  return reader.reading(words.length);
}

class Reader {
  readonly #legs: { mark: Mark; closed: boolean; tokens: number }[] = [];
  #next = 1;
  #fault: WordFault | null = null;

  take(read: MarkWord): void {
    if (read.kind === "open") this.#open(read.mark, read.first);
    else if (read.kind === "close") this.#close(read.mark, read.last);
    else this.#word(read.index, read.check);
  }

  foreign(position: number, word: string): void {
    this.#found("foreign_word", `word ${position + 1} of the text, "${word.slice(0, 20)}", is by no provider`);
    this.#next++;
    const leg = this.#legs.at(-1);
    if (leg !== undefined) leg.tokens++;
  }

  reading(wordCount: number): AnswerReading {
    if (wordCount > 0 && this.#legs.length === 0) this.#fault = { kind: "no_mark", detail: "the answer carries no provenance mark" };
    return { legs: this.#legs, whole: this.#legs.at(-1)?.closed === true, words: this.#next - 1, fault: this.#fault };
  }

  #open(mark: Mark, first: number): void {
    const before = this.#legs.at(-1);
    if (before !== undefined && before.mark.digest !== mark.digest) this.#found("mixed_marks", "two legs of the answer are to different messages");
    if (this.#legs.some((leg) => leg.mark.answerId === mark.answerId)) this.#found("doubled", `answer ${mark.answerId} opens twice`);
    this.#expect(first, "a leg opens at word");
    this.#next = first;
    this.#legs.push({ mark, closed: false, tokens: 1 });
  }

  #word(index: number, check: string): void {
    const leg = this.#legs.at(-1);
    if (leg === undefined || leg.closed) {
      this.#found("foreign_word", `word ${index} stands outside the marks`);
      return;
    }
    leg.tokens++;
    if (wordCheck(leg.mark.digest, index) !== check) {
      this.#found("foreign_word", `word ${this.#next} belongs to another answer`);
      this.#next++;
      return;
    }
    this.#expect(index, "the text goes on with word");
    this.#next = index + 1;
  }

  #close(mark: Mark, last: number): void {
    const leg = this.#legs.at(-1);
    if (leg === undefined) {
      this.#found("mixed_marks", "the answer closes without having been opened");
      this.#legs.push({ mark, closed: true, tokens: 1 });
      return;
    }
    if (leg.closed) this.#found("doubled", "the answer closes twice");
    if (!sameMark(leg.mark, mark)) this.#found("mixed_marks", `the answer opens as ${leg.mark.answerId} and closes as ${mark.answerId}`);
    else this.#expect(last + 1, "the answer closes before word");
    leg.closed = true;
    leg.tokens++;
  }

  #expect(index: number, what: string): void {
    if (index > this.#next) this.#found("lost", `${what} ${index}, and word ${this.#next} is missing`);
    if (index < this.#next) this.#found("doubled", `${what} ${index}, which had been delivered`);
  }

  #found(kind: WordFaultKind, detail: string): void {
    this.#fault ??= { kind, detail };
  }
}

function sameMark(a: Mark, b: Mark): boolean {
  return a.answerId === b.answerId && a.deployment === b.deployment && a.model === b.model && a.digest === b.digest;
}
