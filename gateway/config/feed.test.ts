import { expect, test } from "vitest";
import { feedPath, feedQuerySchema, feedSchema } from "./feed.ts";

const hash = "a".repeat(64);

test("feedPath: the query can be read back", () => {
  const query = { plane: "region-1-gateway-1", have: [hash, "b".repeat(64)], seen: "7/&x", waitMs: 5_000 };
  const { searchParams } = new URL(feedPath(query), "http://control");
  expect(feedQuerySchema.parse(Object.fromEntries(searchParams))).toEqual(query);
});

test("feedQuerySchema: a plane that has nothing", () => {
  expect(feedQuerySchema.parse({ plane: "p" })).toEqual({ plane: "p", have: [], waitMs: 0 });
});

test("feedSchema: a package is whole or a hash", () => {
  const feed = { revision: "1", current: { hash }, candidate: { package: { hash, version: 2, config: {}, more: 1 }, share: 0.1 } };
  expect(feedSchema.parse(feed)).toEqual(feed);
  expect(feedSchema.safeParse({ ...feed, current: { hash, version: 2 } }).success).toBe(false);
});
