import { errorWords } from "./error-words.ts";

/** Longer bodies are cut before they are scrubbed. */
const charsMax = 4_096;
const gap = "…";

/**
 * An error's body with its shape and the words that providers' errors are made of, and nothing else: error messages
 * quote prompts, keys, names and numbers of the caller. What is in quotes goes, numbers become 0, and of words those
 * stay that are in `errorWords`.
 */
export function scrubBody(text: string): string {
  const value = parse(text);
  if (value === undefined) return scrubText(text.slice(0, charsMax));
  const scrubbed = JSON.stringify(scrubValue(value, 0));
  return scrubbed.length <= charsMax ? scrubbed : JSON.stringify(gap);
}

function scrubValue(value: unknown, depth: number): unknown {
  if (depth > 8) return gap;
  if (typeof value === "string") return scrubText(value.slice(0, charsMax));
  if (typeof value === "number") return 0;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, 20).map((one) => scrubValue(one, depth + 1));
  return Object.fromEntries(Object.entries(value).slice(0, 50).map(([key, inner]) => [scrubText(key), scrubValue(inner, depth + 1)]));
}

/** Words of `errorWords` and punctuation; a gap for everything between. */
function scrubText(text: string): string {
  const unquoted = text.replaceAll(/`[^`]*`|"[^"]*"|“[^”]*”|(?<![A-Za-z])'[^']*'(?![A-Za-z])/g, (quoted) => `${quoted[0]!}${gap}${quoted.at(-1)!}`);
  return unquoted
    .replaceAll(/[\p{L}\p{M}\p{N}]+/gu, wordOf)
    .replaceAll(/[^\p{L}\p{N}\s!-~…]/gu, "")
    .replaceAll(/…(?:[\s_.@:/+=-]*…)+/g, gap);
}

function wordOf(word: string): string {
  if (/^\d+$/.test(word)) return "0";
  const parts = word.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
  return parts.join("") === word && parts.every((part) => errorWords.has(part.toLowerCase())) ? word : gap;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
