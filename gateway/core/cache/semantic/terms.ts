import { tokensOf } from "./tokens.ts";
import { afterLetter, canonicalWords, contractions, emptyWords, explaining, frames, letteredNouns, marks, openingWords, phrases, softAdverbs, softLeads, softWords, wanting, wordTasks } from "./vocabulary.ts";

/** A question as the lexical embedder reads it. */
export interface Terms {
  /** The kind of answer that is asked for: `what`, `how-to`, `why`, ... */
  readonly intent: string;
  /** In order. What two questions must share: names, numbers, and every word that is not known to be harmless. */
  readonly hard: readonly string[];
  /** In order. What they may differ in. */
  readonly soft: readonly string[];
}

const PRICE = "price";
/** Between an owner and what it owns: without it a glass of wine would be a wine glass. */
const OWNS = "'s";

/**
 * The same words in the same order and spelling give the same terms, and so do rewordings that the vocabulary knows.
 */
export function termsOf(text: string): Terms {
  const said = tokensOf(text);
  if (said[0] === "correct" || said.some(isWordTask)) return { intent: "words", hard: said, soft: [] };
  const tokens = named(joined(expanded(said), phrases));
  const { intent, rest } = framed(asksForMeaning(tokens) ? tokens.slice(2, -1) : tokens);
  const hard: string[] = [];
  const soft: string[] = [];
  for (const word of turned(weighed(rest))) {
    const term = canonical(word);
    if (term === "") continue;
    if (softWords.has(term)) soft.push(term);
    else hard.push(term);
  }
  return priced({ intent, hard: [...hard.filter(isTense), ...hard.filter((term) => !isTense(term))], soft });
}

function expanded(tokens: readonly string[]): readonly string[] {
  return tokens.flatMap((word) => {
    if (Object.hasOwn(contractions, word)) return contractions[word]!.split(" ");
    if (word.endsWith("n't")) return [word.slice(0, -3), "not"];
    return word.endsWith(OWNS) ? [word.slice(0, -2), OWNS] : [word];
  });
}

/** Replaces each run of words that `table` knows, the longest first. */
function joined(tokens: readonly string[], table: Readonly<Record<string, string>>): readonly string[] {
  const found: string[] = [];
  for (let index = 0; index < tokens.length; ) {
    let length = Math.min(5, tokens.length - index);
    while (length > 1 && !Object.hasOwn(table, tokens.slice(index, index + length).join(" "))) length--;
    const run = tokens.slice(index, index + length).join(" ");
    found.push(length > 1 || Object.hasOwn(table, run) ? table[run]! : run);
    index += length;
  }
  return found;
}

function isWordTask(word: string): boolean {
  return wordTasks.has(word) || wordTasks.has(stemOf(word)) || wordTasks.has(`${stemOf(word)}e`);
}

/** "Hepatitis a", "if a then b": here the letter is not an article. */
function named(tokens: readonly string[]): readonly string[] {
  return tokens.map((word, index) => {
    const isLettered = (word === "a" || word === "i") && letteredNouns.has(tokens[index - 1] ?? "");
    const isLetter = word === "a" && index > 0 && (index === tokens.length - 1 || afterLetter.has(tokens[index + 1]!));
    return isLettered || isLetter ? `${word}.` : word;
  });
}

/** "What does X mean". */
function asksForMeaning(tokens: readonly string[]): boolean {
  return tokens[0] === "what" && (tokens[1] === "does" || tokens[1] === "do") && /^means?$/.test(tokens.at(-1)!);
}

/** How far into a question its frame may begin: "hi, could you please tell me how to". */
const FRAME_AT_MAX = 8;

const framesByWord = Map.groupBy(
  frames.map(([phrase, intent]) => ({ words: phrase.split(" "), intent })),
  ({ words }) => words[0]!,
);

const yesOrNo: ReadonlySet<string> = new Set(["whether", "possible", "allowed", "can"]);

/** Finds the kind of answer that is asked for, after any politeness, and removes both. */
function framed(tokens: readonly string[]): { intent: string; rest: readonly string[] } {
  const end = Math.min(FRAME_AT_MAX, tokens.length);
  for (let at = 0; at < end; at++) {
    const frame = framesByWord.get(tokens[at]!)?.find(({ words }) => words.every((word, index) => tokens[at + index] === word));
    /** "Is" within "what is" carries no meaning, nor does "can" in "what can I do". */
    const isFrame = frame !== undefined && !(at > 0 && yesOrNo.has(frame.intent));
    if (isFrame && frame.intent !== "request") return { intent: frame.intent, rest: tokens.slice(at + frame.words.length) };
    if (isFrame) at += frame.words.length - 1;
    else if (!isOpening(tokens[at]!)) return { intent: "what", rest: [...wanted(tokens.slice(0, at)), ...tokens.slice(at)] };
  }
  return { intent: "what", rest: tokens.slice(end) };
}

/**
 * The intent of an opening that does not ask for an explanation: "tell me a". "Tell me the capital of France" does ask
 * for one.
 */
function wanted(opening: readonly string[]): readonly string[] {
  if (opening.some((word) => explaining.has(word))) return [];
  const said = [...new Set(opening.flatMap((word) => (Object.hasOwn(wanting, word) ? [wanting[word]!] : [])))];
  const isDefinite = opening.findLast((word) => word === "a" || word === "an" || word === "the" || word === "my") === "the";
  return isDefinite ? said.filter((word) => word !== "give" && word !== "want") : said;
}

function isOpening(word: string): boolean {
  return emptyWords.has(word) || openingWords.has(word);
}

/** Soft words where they carry meaning: "guide dog", "scientific method", "proper fraction". */
function weighed(tokens: readonly string[]): readonly string[] {
  return tokens.map((word, index) => {
    const stem = stemOf(word);
    if (!(softWords.has(word) || softWords.has(stem)) || softAdverbs.has(word)) return word;
    const [before, next = ""] = [tokens[index - 1], tokens[index + 1]];
    const isLed = before === undefined || isOpening(before) || softLeads.has(before);
    const leads = softLeads.has(word) && softWords.has(stemOf(next));
    return leads || (isLed && (next === "to" || next === "for" || next === "of")) ? word : `${stem}.`;
  });
}

/** "capital of France" and "France's capital" in one order. */
function turned(tokens: readonly string[]): readonly string[] {
  const words = tokens.filter((word) => word !== "the" && word !== "a" && word !== "an" && word !== "my");
  const result: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const [head, of, owner] = [words[index]!, words[index + 1], words[index + 2]];
    if (of === "of" && owner !== undefined && !isOpening(head)) {
      result.push(owner, OWNS, head);
      index += 2;
    } else result.push(head);
  }
  return result;
}

function canonical(word: string): string {
  if (Object.hasOwn(marks, word)) return marks[word]!;
  const stem = stemOf(word);
  const known = [word, stem, `${stem}e`].find((form) => emptyWords.has(form) || softWords.has(form) || canonicalWords.has(form));
  if (known === undefined) return endless(stem);
  if (emptyWords.has(known)) return "";
  return softWords.has(known) ? known : endless(canonicalWords.get(known)!);
}

/**
 * One syllable that ends in a single consonant: an "e" behind it makes another word, "plan" and "plane", "car" and
 * "care".
 */
const closedSyllable = /^[^aeiouy]*[aeiouy][^aeiouwxy]$/;

/** "charge" and "charg(ing)" alike. */
function endless(word: string): string {
  return /^[a-z]{3,}e$/.test(word) && !closedSyllable.test(word.slice(0, -1)) ? word.slice(0, -1) : word;
}

/**
 * Removes plurals and verb endings. Words with digits, quotes or marks stay as they are, and so do words too short to
 * have an ending.
 */
function stemOf(word: string): string {
  if (!/^[a-z]{4,}$/.test(word)) return word;
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x|z)es$/.test(word)) return word.slice(0, -2);
  if (/[^siu]s$/.test(word)) return word.slice(0, -1);
  const base = word.replace(/(?:ing|ed)$/, "");
  if (base === word || base.length < 3 || !/[aeiouy]/.test(base)) return word;
  /** "Planning" doubles what "plan" ends with; "making", which does not, comes from "make". */
  return closedSyllable.test(base) ? `${base}e` : base.replace(/([bdfgmnprt])\1$/, "$1");
}

/** "When was it built" and "when it was built" ask the same. */
function isTense(term: string): boolean {
  return term === "past" || term === "future";
}

/** "How much does X cost" and "what is the price of X" ask the same. */
function priced(terms: Terms): Terms {
  const isPrice = (terms.intent === "how-much" || terms.intent === "what") && terms.hard.includes(PRICE);
  return isPrice ? { ...terms, intent: "what", hard: [PRICE, ...terms.hard.filter((term, index) => term !== PRICE && !(term === OWNS && terms.hard[index + 1] === PRICE))] } : terms;
}
