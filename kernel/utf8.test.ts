import fc from "fast-check";
import { expect, test } from "vitest";
import { countNonAscii, utf8Bytes, utf8Joined, utf8Length, utf8Stream } from "./utf8.ts";

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

test("utf8Bytes: as Buffer encodes, whatever was encoded before: law", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "binary", maxLength: 3_000 }), { maxLength: 20 }), (values) => {
    const encoded = values.map(utf8Bytes);
    for (const [index, value] of values.entries()) expect(Buffer.compare(encoded[index]!, Buffer.from(value))).toBe(0);
  }), { numRuns: 60 });
});

test("utf8Stream: as a platform's decoder that keeps state, for any bytes, cut anywhere: law", () => {
  const mark = Buffer.from("\ufeff");
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.string({ unit: "grapheme", maxLength: 8 }).map((value) => Uint8Array.from(Buffer.from(value))), fc.constant(Uint8Array.from(mark)));
  fc.assert(fc.property(fc.array(bytes, { maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 8 }), (parts, cuts) => {
    const whole = Buffer.concat(parts);
    const edges = [0, ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
    const chunks = edges.slice(1).map((end, index) => whole.subarray(edges[index], end));
    const [ours, platform] = [utf8Stream(), new TextDecoder("utf-8")];
    for (const chunk of chunks) expect(ours.push(chunk)).toBe(platform.decode(chunk, { stream: true }));
    expect(ours.end()).toBe(platform.decode());
  }), { numRuns: 500 });
});
