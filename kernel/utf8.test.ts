import fc from "fast-check";
import { expect, test } from "vitest";
import { countNonAscii, utf8Joined, utf8Length } from "./utf8.ts";

const text = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constant("a".repeat(16_384)), fc.constant("😀".repeat(9_001))), { maxLength: 5 }).map((parts) => parts.join(""));

test("countNonAscii: counts the units that are not ASCII, wherever they stand in a long text: law", () => {
  fc.assert(fc.property(text, (value) => {
    expect(countNonAscii(value)).toBe(value.replace(/[\0-\x7f]/g, "").length);
  }), { numRuns: 60 });
});

test("utf8Joined: the bytes of the joined text: law", () => {
  const whole = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 6 });
  fc.assert(fc.property(whole, (parts) => {
    expect(Buffer.compare(utf8Joined(parts), Buffer.from(parts.join("")))).toBe(0);
  }));
});

test("utf8Length: as many bytes as Buffer counts: law", () => {
  fc.assert(fc.property(text, fc.nat({ max: 3 }), (value, shift) => {
    const whole = `${"x".repeat(shift)}${value}`.toWellFormed();
    expect(utf8Length(whole)).toBe(Buffer.byteLength(whole));
  }), { numRuns: 60 });
});
