import { injectionRules } from "./injection-rules.ts";
import type { Pause } from "../pause.ts";
import { partsOf } from "./slices.ts";

/** An inspector's result for a request. */
export interface Finding {
  /** 0..1: confidence that the request tries to override the model's instructions. */
  readonly score: number;
  /** The rules that fired; never contents. */
  readonly reasons: readonly string[];
}

const hidden = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/** Letters of other alphabets that look Latin. */
const lookalikes: Readonly<Record<string, string>> = { а: "a", е: "e", о: "o", р: "p", с: "c", х: "x", у: "y", і: "i", ѕ: "s", ј: "j", ο: "o", α: "a", ε: "e", ι: "i" };

/**
 * The text as a reader sees it: JSON's escapes decoded, no hidden characters, one spelling of each letter, one space
 * between words.
 */
export function plainText(text: string): string {
  const read = unescaped(text);
  const spelled = isAscii(read) ? read.toLowerCase() : spelledPlainly(read);
  return spelled.replace(/[^\S\n]{1,10000}/g, " ");
}

/**
 * JSON within a text, such as a tool's result, has its line feeds as escapes: `\nIgnore` begins a line. Nested JSON has
 * more backslashes.
 */
function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\{1,4}u([\da-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))).replace(/\\{1,4}[nrt]/g, "\n");
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function spelledPlainly(text: string): string {
  return text
    .normalize("NFKC")
    .replace(hidden, "")
    .toLowerCase()
    .replace(/[\u0370-\u04ff]/g, (letter) => lookalikes[letter] ?? letter);
}

/** Whether any rule matches: most texts are harmless, and one search is cheaper than twenty. */
const anyRule = new RegExp(injectionRules.map(({ pattern }) => `(?:${pattern.source})`).join("|"));

/**
 * Hidden characters that hide something: within a Latin word, forced changes of writing direction, or tags. Those that
 * join emoji, separate Persian letters, mark soft hyphens or make the flag of England are ordinary text.
 */
const hiding = /(?<=[a-z])[\u200b-\u200f\u2060-\u2064\ufeff]{1,100}(?=[a-z])|[\u202d\u202e]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]{0,6})[\u{e0000}-\u{e007f}]/giu;

const HIDDEN_WEIGHT = 0.5;
const HIDDEN_MIN = 3;

/** No rule matches a longer text. */
const MATCH_CHARACTERS_MAX = 1_024;

/** What is searched without a pause: the rules take much longer than other work on a text. */
const SEARCHED_CHARACTERS = 8_192;

/** As `inspectHeuristically`, with a pause after each slice of the texts. */
export async function inspectInSlices(texts: readonly string[], pause: Pause, characters = SEARCHED_CHARACTERS): Promise<Finding> {
  const reasons = new Map<string, number>();
  for (const text of texts) {
    /**
     * What has been read and not yet searched. The letter keeps rules for the beginning of a text from matching in its
     * midst.
     */
    let plain = "";
    let before = "";
    let hidings = 0;
    const search = async (lengthMin: number) => {
      while (plain.length > lengthMin) {
        collectReasons(before + plain.slice(0, characters + MATCH_CHARACTERS_MAX), reasons);
        plain = plain.slice(characters);
        before = "x";
        await pause();
      }
    };
    for (const part of partsOf(text, characters)) {
      if (!isAscii(part)) hidings += part.match(hiding)?.length ?? 0;
      const next = plainText(part);
      plain += plain.endsWith(" ") && next.startsWith(" ") ? next.slice(1) : next;
      await pause();
      await search(characters + MATCH_CHARACTERS_MAX);
    }
    await search(0);
    if (hidings >= HIDDEN_MIN) reasons.set("hidden-characters", HIDDEN_WEIGHT);
  }
  return findingOf(reasons);
}

function collectReasons(plain: string, reasons: Map<string, number>): void {
  if (!anyRule.test(plain)) return;
  for (const { name, weight, pattern } of injectionRules) if (pattern.test(plain)) reasons.set(name, weight);
}

export function inspectHeuristically(texts: readonly string[]): Finding {
  const reasons = new Map<string, number>();
  for (const text of texts) {
    if (!isAscii(text) && (text.match(hiding)?.length ?? 0) >= HIDDEN_MIN) reasons.set("hidden-characters", HIDDEN_WEIGHT);
    collectReasons(plainText(text), reasons);
  }
  return findingOf(reasons);
}

/** Independent signs combine as probabilities: 1 - (1-a)(1-b). */
function findingOf(reasons: ReadonlyMap<string, number>): Finding {
  let innocence = 1;
  for (const weight of reasons.values()) innocence *= 1 - weight;
  return { score: 1 - innocence, reasons: [...reasons.keys()] };
}
