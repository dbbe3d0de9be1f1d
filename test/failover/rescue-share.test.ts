import { expect, test } from "vitest";
import { quantile, wilson } from "../../kernel/stats.ts";
import { rescueShare } from "./rescue-share.ts";

test("rescue: a stream cut once at any word is made good where the fallback continues, and stands still for no longer than that takes", async () => {
  const { streams, rescued, stallRatios } = await rescueShare("continues", 1_200, 1);
  expect(wilson(rescued, streams)[0]).toBeGreaterThanOrEqual(0.99);
  expect(quantile(stallRatios, 0.95)).toBeLessThan(1.5);
});

test("rescue: a fallback that replays makes good what it says in the same words, and nothing else", async () => {
  const same = await rescueShare("replays the same", 600, 1);
  expect(wilson(same.rescued, same.streams)[0]).toBeGreaterThanOrEqual(0.99);
  const other = await rescueShare("replays another", 600, 1);
  expect(other.rescued).toBe(0);
});
