import fc from "fast-check";
import { expect, test } from "vitest";
import { ArgumentsText } from "./arguments-text.ts";

test("ArgumentsText: whole exactly when all pieces together are an object, however it is cut: law", () => {
  const text = fc.oneof(
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constantFrom("}", "{", "}}"), fc.integer())).map((object) => JSON.stringify(object)),
    fc.constantFrom("{}", " { } ", "[]", "7", "", '{"a":"}', '{"a":1} \n '),
  );
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), (whole, sizes) => {
      const given = new ArgumentsText();
      let at = 0;
      for (let turn = 0; at < whole.length; turn++) {
        const piece = whole.slice(at, (at += sizes[turn % sizes.length]!));
        given.append(piece);
        const sofar = whole.slice(0, at);
        expect(given.isWhole).toBe(isObject(sofar));
        expect(given.isEmpty).toBe(sofar === "");
      }
    }),
  );
});

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
