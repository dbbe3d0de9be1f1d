/** Characters of a question that are read. Longer questions are not cached by similarity. */
export const QUESTION_CHARACTERS_MAX = 2_000;

/**
 * Marks of a sentence, in a row: dropped where they close a word and something ends there, kept wherever they may mean
 * something.
 */
const sentenceMarks = [
  String.raw`(?<![\p{L}\p{N})\]}"%.,;:!?])[.,;:!?]{1,20}(?![.,;:!?])(?!$)`,
  String.raw`(?<![.,;:!?])[.,;:!?]{1,20}(?=[^\s.,;:!?)\]}"'])`,
  String.raw`(?<=\d)!`,
];
/** Signs, flags, arrows, decrements; not the hyphen between two words, nor a dash in a sentence. */
const dashes = [String.raw`-{2,20}`, String.raw`(?<![\p{L}\p{N}])-(?=\S)`, String.raw`-(?=[<>=*/&|])`, String.raw`(?<=[^\s\p{L}\p{N}])-`, String.raw`(?<=\d\s)-(?=\s\d)`];

/** Quotes whole, words and numbers, and every sign that is not mere punctuation. */
const token = new RegExp(
  [
    String.raw`"[^"]{1,200}"`,
    String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}]|['.\-_/:@;][\p{L}\p{N}]|(?<=\d),\d){0,200}[+#]{0,2}`,
    ...sentenceMarks,
    ...dashes,
    String.raw`[()]|\n\s*`,
    String.raw`[^\p{L}\p{N}\s.,;:!?'"()-]{1,20}`,
  ].join("|"),
  "gu",
);

/** Names that are small words when they are not in capitals. */
const acronyms: ReadonlySet<string> = new Set(["A", "IT", "US", "WHO", "AM", "CAN", "MAY", "DO", "OR", "IS", "NO", "ME", "OK", "ON", "IN", "AT", "AS", "BE"]);

/** Where capitals say which: mW and MW, Mb and MB, 5m and 5M. Also what follows a dash: a flag. */
const unitLike = /^(?:[\d.,]*(?:\p{Ll}{1,2}\p{Lu}\p{Ll}?|\p{Lu}{2}\p{Ll})|\d[\d.,]*(?:M|\p{Lu}\p{Ll})|(?!(?:Is|In|Of|To|Do|My|It|An|Am|Be|On|At|By|Or|As|No|So|If|We|He|Me|Us|Up|Go|Hi|Ok)$)\p{Lu}\p{Ll})$/u;

/** A text's words, in lower case where capitals say nothing, its quotes, and its signs. Bounded. */
export function tokensOf(text: string): readonly string[] {
  const read = text.slice(0, QUESTION_CHARACTERS_MAX).replace(/[⁰¹²³⁴-⁹]+/g, "^$&").normalize("NFKC");
  const plain = read.replace(/\r\n?/g, "\n").replace(/[‘’`]/g, "'").replace(/[“”«»]/g, '"').trim();
  const isShouted = plain === plain.toUpperCase();
  return [...plain.matchAll(token)].map(({ 0: word, index }) => {
    if (!isShouted && index > 0 && acronyms.has(word)) return `${word}.`;
    return (index > 0 && unitLike.test(word)) || plain[index - 1] === "-" ? word : word.toLowerCase();
  });
}
