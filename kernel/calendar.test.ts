import fc from "fast-check";
import { expect, test } from "vitest";
import { utcText } from "./calendar.ts";

test("utcText: is what Date has, to the second", () => {
  for (const ms of [0, 951_782_399_999, 951_868_800_000, Date.UTC(2024, 1, 29, 23, 59, 59), Date.UTC(2100, 2, 1)]) expect(utcText(ms)).toBe(`${new Date(ms).toISOString().slice(0, 19)}Z`);
  fc.assert(fc.property(fc.integer({ min: Date.UTC(1901, 0, 1), max: Date.UTC(2199, 11, 31) }), (ms) => utcText(ms) === `${new Date(ms).toISOString().slice(0, 19)}Z`));
});
