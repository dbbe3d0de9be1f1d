import { expect, test } from "vitest";
import { seedsOf } from "./seeds.ts";

test.each([
  ["1..5", [1, 2, 3, 4, 5]],
  ["7", [7]],
  ["3, 1,2..4", [3, 1, 2, 4]],
  ["0..0", [0]],
])("seedsOf: %s names each seed once, in its order", (list, seeds) => {
  expect(seedsOf(list)).toEqual(seeds);
});

test.each(["", "a", "5..1", "1..2..3", "-1", "1.5", "1,,2", "0..100000"])("seedsOf: %s is no list", (list) => {
  expect(seedsOf(list)).toBeNull();
});
