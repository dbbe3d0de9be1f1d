import { createContext, Script } from "node:vm";
import { expect, test } from "vitest";
import { injectionRules } from "./injection-rules.ts";
import { piiPatterns } from "./pii-patterns.ts";

const patterns = [...piiPatterns.map(({ kind, pattern }) => [kind, pattern] as const), ...injectionRules.map(({ name, pattern }) => [name, pattern] as const)];

/** Quantifiers of a pattern's source: what stands outside classes and escapes. */
function quantifiersOf(source: string): readonly string[] {
  const plain = source.replace(/\\./g, "x").replace(/\[(?:\\.|[^\]\\])*\]/g, "x").replace(/\(\?(?:[:=!]|<[=!])/g, "(");
  return plain.match(/[*+]|\{\d+(?:,\d*)?\}/g) ?? [];
}

test("quantifiersOf: sees what is unbounded", () => {
  expect(quantifiersOf("a+[b*]\\+(?:c{2,})d{1,3}")).toEqual(["+", "{2,}", "{1,3}"]);
});

test.each(patterns)("patterns: every repetition of %s is bounded", (_, pattern) => {
  for (const quantifier of quantifiersOf(pattern.source)) {
    expect(quantifier).toMatch(/^\{\d+(?:,\d+)?\}$/);
    expect(Number(/(\d+)\}$/.exec(quantifier)![1])).toBeLessThanOrEqual(500);
  }
});

const LENGTH = 50_000;

/** Pieces that begin a match of some pattern and never end it, over and over; and single characters. */
const pumps = [
  "a", "0", " ", ".", "-", "@", "(", "[", "+1 ", "a.", "a@", "a@a.", "a@a-", "1.1.", "4111 ", "1-", "(11) ", "GB29 AAAA ", "AA11", "sk-a", "eyJaaaaaaaaaaa.", "ghp_a",
  "ignore all ", "ignore previous ", "ignore your system ", "disregard ", "you are now ", "pretend without any ", "act no ", "reveal your system ", "show the hidden ", "print everything ",
  "send password ", "send api key to ", "send secrets to a", "![a](https:", "![", "![a](http:a?a=", "decode ", "decode base64 ", "new instructions", "note to the ", "i am your ", "developer mode ",
  "do not tell ", "without telling the ", "end of the ", "remove all your the ", "<|", "\n system", "#", "repeat words ",
];

/** Far beyond what bounded patterns need, also on a machine that is busy; one that backtracks would need hours. */
const TERMINATION_MS = 60_000;

test("patterns: no text of 50,000 characters makes one backtrack without end", () => {
  const texts = pumps.flatMap((pump) => {
    const text = pump.repeat(Math.ceil(LENGTH / pump.length)).slice(0, LENGTH);
    return [text, `${text}!`, `x${text}\u0000`];
  });
  const context = createContext({ texts, patterns: patterns.map(([, { source, flags }]) => ({ source, flags: flags.replace("g", "") })) });
  const script = new Script("let searches = 0; for (const { source, flags } of patterns) { const p = new RegExp(source, flags + 'g'); for (const text of texts) { for (const _ of text.matchAll(p)); searches++; } } searches");
  expect(script.runInContext(context, { timeout: TERMINATION_MS })).toBe(patterns.length * texts.length);
});
