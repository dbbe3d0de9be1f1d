import fc from "fast-check";
import { expect, test } from "vitest";
import { isoTime } from "./iso-time.ts";

test("isoTime: equals the platform's, to the second", () => {
  const until2200 = fc.integer({ min: 0, max: 7_258_118_400_000 });
  fc.assert(fc.property(until2200, (unixMs) => isoTime(unixMs) === new Date(unixMs).toISOString().replace(/\.\d+Z$/, "Z")));
});

test("isoTime: leap days and the ends of years", () => {
  for (const iso of ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2024-02-29T12:00:00Z", "2025-12-31T23:59:59Z", "2100-03-01T00:00:00Z"]) {
    expect(isoTime(Date.parse(iso))).toBe(iso);
  }
});
