import { expect, test } from "vitest";
import { seedsOf } from "./seeds.ts";

test.each([
  ["1..5", [1, 2, 3, 4, 5]],
  ["3", [1, 2, 3]],
  ["7..7", [7]],
  ["3, 1,2..4", [3, 1, 2, 4]],
  ["0..0", [0]],
])("seedsOf: %s names each seed once, in its order", (text, seeds) => {
  expect(seedsOf(text)).toEqual(seeds);
});

test.each(["", "a", "7,", "0", "1001", "5..1", "1..2..3", "-1", "1.5", "1,,2", "0..100000"])("seedsOf: %s is refused", (text) => {
  expect(() => seedsOf(text)).toThrow(`Cannot read --seeds "${text}"`);
});
