import { type Terms, termsOf } from "./terms.ts";

/**
 * How much two questions must share before one's answer may be given for the other, whatever their vectors say.
 * `strict`: every word that is not known to be harmless, in the same order: for an embedder that knows no meanings.
 * `entities`: numbers, names, quotes, measures, dates, negations and opposites, the order of the words that both have,
 * and the few in which one template was filled in differently: for a model, which knows that two words can mean the
 * same.
 */
export type Veto = "strict" | "entities";

/** Null: accepted. Otherwise the reason, for the log. */
export function vetoOf(veto: Veto, asked: string, known: string): string | null {
  return veto === "strict" ? strictVeto(termsOf(asked), termsOf(known)) : entityVeto(asked, known);
}

/** Questions in different buckets would veto each other, so they need not be compared. */
export function bucketOf(veto: Veto, question: string): string {
  if (veto !== "strict") return "";
  const { intent, hard } = termsOf(question);
  return [intent, ...hard].join(" ");
}

export function strictVeto(asked: Terms, known: Terms): string | null {
  if (asked.intent !== known.intent) return `asks "${asked.intent}", not "${known.intent}"`;
  if (asked.hard.length === 0) return "says nothing of its own";
  if (!sameSequence(asked.hard, known.hard)) return "other words that carry meaning";
  return isWithin(asked.soft, known.soft) || isWithin(known.soft, asked.soft) ? null : "one harmless word instead of another";
}

function entityVeto(asked: string, known: string): string | null {
  const [one, other] = [termsOf(asked), termsOf(known)];
  const names = new Set([...namesOf(asked, one), ...namesOf(known, other)]);
  const named = (terms: Terms) => terms.hard.filter((term) => names.has(term));
  if (!sameSequence(named(one), named(other))) return "other names, numbers or quotes";
  if (!sameSequence(only(turningWords, one), only(turningWords, other))) return "one negates or turns round what the other says";
  if (!sameSequence(only(measuringWords, one), only(measuringWords, other))) return "other amounts, measures or dates";
  const [ones, others] = [new Set(one.hard), new Set(other.hard)];
  const shared = only(others, one);
  if (!sameSequence(shared, only(ones, other))) return "the same words the other way round";
  const most = Math.max(ones.size, others.size);
  return shared.length < most && shared.length >= most * TEMPLATE_SHARE ? "the same words but for a few" : null;
}

/** Two texts that share so much are one template filled in twice: their vectors are near whatever fills it. */
const TEMPLATE_SHARE = 0.75;

/** Words that reverse a sentence. A model's vectors of the two meanings are near. */
const opposites: readonly string[] = (
  "not without past future enable disable increase decrease before after first last start stop open close buy sell maximum minimum largest smallest " +
  "highest lowest most least more less best worst better worse ascend descend import export encrypt decrypt upload download add remove delete create " +
  "install uninstall up down left right north south east west win lose pass fail on off in out hot cold legal illegal " +
  "never no none nobody nothing always above below over under inside outside high low raise lower reduce allow deny accept reject include exclude " +
  "lock unlock enter exit push pull lend borrow true false safe unsafe dangerous possible impossible from to into"
).split(" ");

/** Amounts, measures and dates in words; digits are names. */
const measures: readonly string[] = (
  "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion " +
  "dozen half quarter once twice double triple second third fourth fifth sixth seventh eighth ninth tenth " +
  "january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday " +
  "today tomorrow yesterday hour minute day week month year decade century millimeter centimeter meter kilometer mile foot feet inch yard " +
  "milligram gram kilogram pound ounce ton liter milliliter gallon celsius fahrenheit kelvin percent dollar euro yen cent " +
  "bit byte kilobyte megabyte gigabyte terabyte volt amp watt kilowatt"
).split(" ");

const turningWords: ReadonlySet<string> = new Set(opposites.flatMap((word) => [word, ...termsOf(word).hard]));
const measuringWords: ReadonlySet<string> = new Set(measures.flatMap((word) => [word, ...termsOf(word).hard]));

/** Those of the terms that are in the set, each where it stands first. */
function only(words: ReadonlySet<string>, { hard }: Terms): readonly string[] {
  return [...new Set(hard)].filter((term) => words.has(term));
}

/** Terms with a digit or a sign, quotes, and what is capitalised within a sentence. */
function namesOf(text: string, terms: Terms): readonly string[] {
  const capitals = new Set([...text.matchAll(/(?<=[\p{L}\p{N},;:)"'] )\p{Lu}[\p{L}\p{N}\-.]{0,80}/gu)].flatMap(([word]) => termsOf(word).hard));
  return terms.hard.filter((term) => /[\d"$€£%@_/]/.test(term) || capitals.has(term));
}

function sameSequence(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((term, index) => term === other[index]);
}

function isWithin(few: readonly string[], many: readonly string[]): boolean {
  return few.every((term) => many.includes(term));
}
