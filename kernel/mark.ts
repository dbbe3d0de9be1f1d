import { fromLetters, hash32, hash64, hashLetters, toLetters } from "./hash.ts";

/**
 * The provenance mark (docs/ARCHITECTURE.md, "A request on the wire"). Each leg of an answer is, in words separated by
 * single spaces:
 *   OPEN word word ... word CLOSE
 * A mark is one word of letters: a sentinel of two letters, then fields in letters `a`..`p`, then a checksum.
 *   OPEN  = "zq" answerId(16) deployment(8) model(8) digest(16) first(4) check(4)
 *   CLOSE = "zx" answerId(16) deployment(8) model(8) digest(16) last(4)  check(4)
 * `first` and `last` number the words of this leg within the whole answer, from 1. Word k of an answer to digest d is
 * "y" k(4) hash(d, k)(4): another provider can continue a prefix, and a lost, doubled or foreign word is seen.
 */
export interface Mark {
  readonly answerId: string;
  /** `nameLetters` of the deployment that gave the answer. */
  readonly deployment: string;
  /** `nameLetters` of the model that gave it. */
  readonly model: string;
  /** `messageDigest` of the last user message as the provider received it. */
  readonly digest: string;
}

export type MarkWord =
  | { readonly kind: "open"; readonly mark: Mark; readonly first: number }
  | { readonly kind: "close"; readonly mark: Mark; readonly last: number }
  | { readonly kind: "word"; readonly index: number; readonly check: string };

const openMark = "zq";
const closeMark = "zx";
const numberedWord = "y";

/** Keyed digest of a user message, 16 letters. */
export function messageDigest(markKey: string, lastUserMessage: string): string {
  return hashLetters(`${markKey}\u001f${lastUserMessage}`);
}

/** A deployment's or a model's name in a mark, 8 letters. */
export function nameLetters(name: string): string {
  return toLetters(hash32(name), 8);
}

/** Word `index` (from 1) of the answer to `digest`. */
export function answerWord(digest: string, index: number): string {
  return numberedWord + toLetters(index, 4) + wordCheck(digest, index);
}

/** The four check letters of an answer's word. */
export function wordCheck(digest: string, index: number): string {
  return toLetters(hash64(`${digest}/${index}`)[1] & 0xffff, 4);
}

export function encodeOpen(mark: Mark, first: number): string {
  return encode(openMark, mark, first);
}

export function encodeClose(mark: Mark, last: number): string {
  return encode(closeMark, mark, last);
}

/** What a word of an answer is, or null for a word that no simulator wrote. */
export function decodeWord(word: string): MarkWord | null {
  if (word.startsWith(numberedWord) && word.length === 9) {
    const index = fromLetters(word.slice(1, 5));
    return Number.isNaN(index) ? null : { kind: "word", index, check: word.slice(5) };
  }
  const sentinel = word.slice(0, 2);
  if ((sentinel !== openMark && sentinel !== closeMark) || word.length !== 58) return null;
  const body = word.slice(0, 54);
  if (toLetters(hash32(body) & 0xffff, 4) !== word.slice(54)) return null;
  const mark: Mark = {
    answerId: word.slice(2, 18),
    deployment: word.slice(18, 26),
    model: word.slice(26, 34),
    digest: word.slice(34, 50),
  };
  const number = fromLetters(word.slice(50, 54));
  return sentinel === openMark ? { kind: "open", mark, first: number } : { kind: "close", mark, last: number };
}

function encode(sentinel: string, mark: Mark, number: number): string {
  const body = sentinel + mark.answerId + mark.deployment + mark.model + mark.digest + toLetters(number, 4);
  return body + toLetters(hash32(body) & 0xffff, 4);
}
