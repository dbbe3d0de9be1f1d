import fc from "fast-check";
import { expect, test } from "vitest";
import { type LegUsage, rescuedUsage } from "./usage.ts";

test("rescuedUsage: one leg is its own report, and no report is null", () => {
  expect(rescuedUsage([{ usage: { inputTokens: 7, outputTokens: 9 }, textEvents: 3, prefixTokens: 0 }])).toEqual({ inputTokens: 7, outputTokens: 9 });
  expect(rescuedUsage([{ usage: null, textEvents: 3, prefixTokens: 0 }])).toBeNull();
});

test("rescuedUsage: a continued answer has its prompt once and all its tokens; prefixes sent along are apart", () => {
  const legs = [
    { usage: null, textEvents: 40, prefixTokens: 0 },
    { usage: null, textEvents: 10, prefixTokens: 40 },
    { usage: { inputTokens: 150, outputTokens: 12 }, textEvents: 11, prefixTokens: 50 },
  ];
  expect(rescuedUsage(legs)).toEqual({ inputTokens: 100, outputTokens: 62, failedLegs: { inputTokens: 140 + 150, outputTokens: 0 } });
});

test("rescuedUsage: what a replay made again is apart", () => {
  const legs = [
    { usage: null, textEvents: 40, prefixTokens: 0 },
    { usage: { inputTokens: 100, outputTokens: 62, cachedInputTokens: 80 }, textEvents: 60, prefixTokens: 0 },
  ];
  expect(rescuedUsage(legs)).toEqual({ inputTokens: 100, outputTokens: 62, cachedInputTokens: 80, failedLegs: { inputTokens: 100, outputTokens: 40 } });
});

test("rescuedUsage: what was cached is never more than the input", () => {
  const usage = { inputTokens: 100, outputTokens: 5, cachedInputTokens: 90, cacheWriteTokens: 10 };
  expect(rescuedUsage([{ usage: null, textEvents: 40, prefixTokens: 0 }, { usage, textEvents: 5, prefixTokens: 40 }])).toMatchObject({ inputTokens: 60, cachedInputTokens: 60, cacheWriteTokens: 0 });
});

test("rescuedUsage: answer and failed legs together are no less than what all legs used", () => {
  const count = fc.nat(1_000);
  const reported = fc.option(fc.record({ inputTokens: count, outputTokens: count }), { nil: null });
  const leg: fc.Arbitrary<LegUsage> = fc.record({ usage: reported, textEvents: count, prefixTokens: count });
  fc.assert(
    fc.property(fc.array(leg, { minLength: 2, maxLength: 4 }), (legs) => {
      const usage = rescuedUsage(legs);
      if (usage === null) return legs.every((one) => one.usage === null);
      const all = legs.reduce((total, one) => total + (one.usage?.inputTokens ?? 0), 0);
      return usage.inputTokens >= 0 && usage.failedLegs!.inputTokens >= 0 && usage.inputTokens + usage.failedLegs!.inputTokens >= all;
    }),
  );
});
