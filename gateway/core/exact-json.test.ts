import fc from "fast-check";
import { expect, test } from "vitest";
import { isExactNumber, parseExact, plainValue } from "./exact-json.ts";

const number = fc.oneof(fc.constantFrom("1.0", "-0", "1e2", "1E-7", "0.10", "12345678901234567890", "0.1", "7", "-1.50", "9007199254740993"), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String).filter((text) => !text.includes("+")));

test("parseExact: every number is written again as it came: law", () => {
  fc.assert(
    fc.property(fc.array(number), (numbers) => {
      const written = `{"a":[${numbers.join(",")}]}`;
      expect(JSON.stringify(parseExact(written))).toBe(written);
    }),
  );
});

test("plainValue: a kept number is JavaScript's again, and any other value itself", () => {
  const [odd, plain] = parseExact("[1.0,2]") as [never, never];
  expect([isExactNumber(odd), isExactNumber(plain), plainValue(odd), plainValue(plain), plainValue("x")]).toEqual([true, false, 1, 2, "x"]);
});

test.each(['{"a":"1.0","n":1.0}', '{"a":[12345678901234567890]}', '{"a":"say \\"1.0\\"","b":-0}', '{"a":"1e5 and 1.50"}'])("parseExact: in a long text numbers are found outside of strings only, and kept: %s", (short) => {
  const long = `{"text":${JSON.stringify('She said "1.0" twice. '.repeat(2_000))},${short.slice(1)}`;
  expect(JSON.stringify(parseExact(long))).toBe(long);
});
