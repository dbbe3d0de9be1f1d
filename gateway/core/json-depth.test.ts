import fc from "fast-check";
import { expect, test } from "vitest";
import { isTooDeep } from "./json-depth.ts";

const nested = (depth: number, open = '{"a":', close = "}") => `${open.repeat(depth)}1${close.repeat(depth)}`;

test("isTooDeep: 512 levels pass, one more does not, however they are made", () => {
  expect([isTooDeep(nested(512)), isTooDeep(nested(512, "[", "]"))]).toEqual([false, false]);
  expect([isTooDeep(nested(513)), isTooDeep(nested(513, "[", "]")), isTooDeep(nested(300, '[{"a":', "}]"))]).toEqual([true, true, true]);
  expect(isTooDeep(`[${Array.from({ length: 2_000 }, () => '{"a":[]}').join(",")}]`)).toBe(false);
  expect(isTooDeep("[".repeat(100_000))).toBe(true);
});

test("isTooDeep: what stands in strings nests nothing, whatever is escaped in them: law", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("{", "[", '"', "\\", "x") }), fc.integer({ min: 1, max: 4 }), (text, times) => {
      const strings = JSON.stringify(Array.from({ length: 200 * times }, () => text + "[".repeat(20)));
      expect(isTooDeep(strings)).toBe(false);
      expect(isTooDeep(`{"a":${strings},"b":${nested(512)}}`)).toBe(true);
    }),
  );
});
