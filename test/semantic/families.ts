/**
 * The material that pairs of questions are made of, written by hand, family by family; `pairs.ts` only fills in and
 * combines.
 */

/** Ways to ask one thing: any two of `ways` with the same filling are paraphrases. */
export interface ParaphraseFamily {
  readonly name: string;
  readonly ways: readonly string[];
  readonly fill: readonly string[];
}

/** One way to ask, where another filling asks something else: any two fillings are a near-miss. */
export interface NearMissFamily {
  readonly name: string;
  /** `{}` is what differs; all else is the same. */
  readonly ways: readonly string[];
  readonly fill: readonly string[];
}

/** `a | b | c` as a list. */
export function listOf(text: string): readonly string[] {
  return text.split("|").map((part) => part.trim());
}
