import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

test("canonicalJson: is JSON of the same value, and the same text for any order of keys", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
  expect(canonicalJson({ b: 1, a: [{ d: null, c: "x" }] })).toBe(canonicalJson({ a: [{ c: "x", d: null }], b: 1 }));
});

test("canonicalJson: leaves out what JSON leaves out, and tells apart what JSON cannot", () => {
  expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
  expect(canonicalJson({ a: Infinity })).not.toBe(canonicalJson({ a: null }));
  expect(canonicalJson({ a: 2 })).not.toBe(canonicalJson({ a: "2" }));
});

test("canonicalJson: nesting without an end is cut, not followed", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 200_000; level++) deep = [deep];
  expect(canonicalJson(deep)).toContain("too deep");
});
