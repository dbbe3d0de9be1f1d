import fc from "fast-check";
import { expect, test } from "vitest";
import { floatBase64 } from "./float-base64.ts";

test("floatBase64: Node decodes what was encoded, for any vector: law", () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { maxLength: 40 }), (vector) => {
      const bytes = Buffer.from(floatBase64(vector), "base64");
      expect(Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))).toEqual(vector);
      expect(floatBase64(vector)).toBe(bytes.toString("base64"));
    }),
  );
});
