import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesAny } from "./glob.ts";

/** The plain way: the pattern as a regular expression. */
const slowly = (pattern: string, value: string) => new RegExp(`^${pattern.split("*").map((part) => part.replace(/[^a-z]/g, "\\$&")).join(".*")}$`, "s").test(value);

test("matchesAny: is what a regular expression says", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  const patterns = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 6 });
  fc.assert(fc.property(patterns, letters, (pattern, value) => matchesAny([pattern], value) === slowly(pattern, value)), { numRuns: 2_000 });
});

test("matchesAny: null is in no list, and one pattern is enough", () => {
  expect(matchesAny(["*"], null)).toBe(false);
  expect(matchesAny(["x", "gpt-4*"], "gpt-4o")).toBe(true);
});
