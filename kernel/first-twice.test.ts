import { expect, test } from "vitest";
import { firstTwice } from "./first-twice.ts";

test("firstTwice: the first that is there again, by itself or by its key", () => {
  expect(firstTwice(["a", "b", "c", "b", "a"])).toBe("b");
  expect(firstTwice(["a", "B", "b"], (text) => text.toLowerCase())).toBe("b");
  expect(firstTwice(["a", "b"])).toBeUndefined();
  expect(firstTwice([])).toBeUndefined();
});

test("firstTwice: the last of a million is found in linear time", () => {
  const many = Array.from({ length: 1_000_000 }, (_, index) => `name-${index}`);
  expect(firstTwice([...many, "name-0"])).toBe("name-0");
});
