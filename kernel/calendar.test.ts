import fc from "fast-check";
import { expect, test } from "vitest";
import { utcText } from "./calendar.ts";

test("utcText: is what Date has, to the second", () => {
  for (const ms of [0, 951_782_399_999, 951_868_800_000, Date.UTC(2024, 1, 29, 23, 59, 59), Date.UTC(2100, 2, 1)]) expect(utcText(ms)).toBe(`${new Date(ms).toISOString().slice(0, 19)}Z`);
  fc.assert(fc.property(fc.integer({ min: Date.UTC(1901, 0, 1), max: Date.UTC(2199, 11, 31) }), (ms) => utcText(ms) === `${new Date(ms).toISOString().slice(0, 19)}Z`));
});

test("utcText: leap days and the ends of years, up to 2200", () => {
  for (const iso of ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2024-02-29T12:00:00Z", "2025-12-31T23:59:59Z", "2100-03-01T00:00:00Z"]) {
    expect(utcText(Date.parse(iso))).toBe(iso);
  }
  fc.assert(fc.property(fc.integer({ min: 0, max: 7_258_118_400_000 }), (ms) => utcText(ms) === new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")));
});
