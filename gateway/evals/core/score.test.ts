import fc from "fast-check";
import { expect, test } from "vitest";
import type { DeterministicAssertion, Json } from "./corpus.ts";
import { jsonLikeness } from "./json-likeness.ts";
import { scoreAnswer } from "./score.ts";
import { tokenSimilarity } from "./token-similarity.ts";

const score = (assertion: DeterministicAssertion, answer: string) => scoreAnswer(assertion, answer, (schema, value) => (typeof value === (schema as { type: string }).type ? null : "must be another type"));

test.each([
  [{ type: "equals", value: "Yes" }, " Yes\n", true],
  [{ type: "equals", value: "Yes" }, "Yes.", false],
  [{ type: "contains", value: "30 days", ignoreCase: false }, "within 30 days.", true],
  [{ type: "contains", value: "30 Days", ignoreCase: false }, "within 30 days.", false],
  [{ type: "contains", value: "30 Days", ignoreCase: true }, "within 30 days.", true],
  [{ type: "regex", value: "^\\d{4}$" }, "2026", true],
  [{ type: "regex", value: "^\\d{4}$" }, "the year 2026", false],
  [{ type: "json_schema", schema: { type: "number" } }, "12", true],
  [{ type: "json_schema", schema: { type: "number" } }, '"12"', false],
  [{ type: "json_schema", schema: { type: "number" } }, "twelve", false],
  [{ type: "json_difference", value: { a: 1, b: 2 }, threshold: 0.5 }, '{"a":1}', true],
  [{ type: "json_difference", value: { a: 1, b: 2 }, threshold: 0.6 }, '{"a":1}', false],
  [{ type: "similarity", value: "the cat sat", threshold: 0.6 }, "The cat, sat down there", true],
  [{ type: "similarity", value: "the cat sat", threshold: 0.6 }, "a dog", false],
] as const)("scoreAnswer: %j of %j: %j", (assertion, answer, passes) => {
  const scored = score(assertion, answer);
  expect(scored.passes).toBe(passes);
  expect(scored.reason === "").toBe(passes);
});

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

test("jsonLikeness: equal values score 1, the order of two values does not matter, and it stays in [0, 1]", () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(jsonLikeness(a, structuredClone(a))).toBeCloseTo(1, 12);
      expect(jsonLikeness(a, b)).toBeCloseTo(jsonLikeness(b, a), 12);
      expect(jsonLikeness(a, b)).toBeGreaterThanOrEqual(0);
      expect(jsonLikeness(a, b)).toBeLessThanOrEqual(1 + 1e-12);
    }),
  );
});

test("tokenSimilarity: words in another order are alike, and repeated words count as often as they occur", () => {
  expect(tokenSimilarity("a b c", "C, b; A!")).toBe(1);
  expect(tokenSimilarity("no no no", "no")).toBe(0.5);
  expect(tokenSimilarity("", "")).toBe(1);
  expect(tokenSimilarity("größe", "GRÖSSE")).toBe(0);
});
