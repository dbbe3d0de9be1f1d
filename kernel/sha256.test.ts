import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256Hex } from "./sha256.ts";

const oracle = (text: string) => createHash("sha256").update(text).digest("hex");

test("sha256Hex: is what node:crypto says, for texts of every length around a block and for any text", () => {
  for (let length = 0; length < 200; length++) expect(sha256Hex("k".repeat(length))).toBe(oracle("k".repeat(length)));
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => sha256Hex(text) === oracle(text)));
});
