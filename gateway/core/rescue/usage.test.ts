import { expect, test } from "vitest";
import { summedUsage } from "./usage.ts";

test("summedUsage: one leg is its own report, and no report is null", () => {
  expect(summedUsage([{ usage: { inputTokens: 7, outputTokens: 9 }, textEvents: 3, prefixTokens: 0 }])).toEqual({ inputTokens: 7, outputTokens: 9 });
  expect(summedUsage([{ usage: null, textEvents: 3, prefixTokens: 0 }])).toBeNull();
});

test("summedUsage: legs that did not say are charged by what they gave and what a leg that did say was sent", () => {
  const legs = [
    { usage: null, textEvents: 40, prefixTokens: 0 },
    { usage: null, textEvents: 10, prefixTokens: 40 },
    { usage: { inputTokens: 150, outputTokens: 12 }, textEvents: 11, prefixTokens: 50 },
  ];
  expect(summedUsage(legs)).toEqual({ inputTokens: 100 + 140 + 150, outputTokens: 40 + 10 + 12 });
});

test("summedUsage: prompt-cache counts are summed where they are reported, and absent where none is", () => {
  const leg = (cachedInputTokens?: number) => ({ usage: { inputTokens: 10, outputTokens: 1, ...(cachedInputTokens !== undefined && { cachedInputTokens }) }, textEvents: 1, prefixTokens: 0 });
  expect(summedUsage([leg(4)])).toEqual({ inputTokens: 10, outputTokens: 1, cachedInputTokens: 4 });
  expect(summedUsage([leg(), leg(4)])).toEqual({ inputTokens: 20, outputTokens: 2, cachedInputTokens: 4 });
  expect(summedUsage([leg(), leg()])).toEqual({ inputTokens: 20, outputTokens: 2 });
});
