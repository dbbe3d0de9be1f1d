import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { firstDifference } from "./difference.ts";

const plan = { title: "x", timeline: { endMs: 100, parts: [1, 2] } };

test.each<[string, unknown, string | null]>([
  ["nothing", structuredClone(plan), null],
  ["a value", { ...plan, timeline: { endMs: 1e12, parts: [1, 2] } }, "timeline.endMs is 1000000000000, not 100"],
  ["an element", { ...plan, timeline: { endMs: 100, parts: [1, "2"] } }, 'timeline.parts.1 is "2", not 2'],
  ["one element less", { ...plan, timeline: { endMs: 100, parts: [1] } }, "timeline.parts.1 is missing"],
  ["a field more", { ...plan, faults: [] }, "faults should not be there"],
  ["another kind of value", { ...plan, timeline: "y".repeat(80) }, `timeline is "${"y".repeat(59)}…, not a map`],
  ["a list for a map", { ...plan, timeline: [100] }, "timeline is a list of 1, not a map"],
  ["all of it", null, "the whole is null, not a map"],
])("firstDifference: of %s", (_, actual, difference) => {
  expect(firstDifference(actual, plan)).toBe(difference);
});

test("firstDifference: finds one exactly where the values differ", () => {
  const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  fc.assert(
    fc.property(json, json, (one, other) => {
      expect(firstDifference(one, structuredClone(one))).toBeNull();
      expect(firstDifference(one, other) === null).toBe(isDeepStrictEqual(one, other));
    }),
  );
});
