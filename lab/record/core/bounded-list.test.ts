import { expect, test } from "vitest";
import { BoundedList } from "./bounded-list.ts";

test("BoundedList: the first items are kept, the others are counted", () => {
  const list = new BoundedList<number>(2);
  for (const item of [1, 2, 3, 4]) list.push(item);
  expect([list.items, list.left]).toEqual([[1, 2], 2]);
});
