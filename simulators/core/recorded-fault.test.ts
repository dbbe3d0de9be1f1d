import { expect, test } from "vitest";
import type { RecordedError } from "../../kernel/plan.ts";
import type { ProviderFault } from "./contracts.ts";
import { inRecordedWords } from "./recorded-fault.ts";

const fault: ProviderFault = { status: 429, type: "requests", code: "rate_limit_exceeded", message: "own", retryAfterS: 2 };
const error = (status: number, body: string, count: number, retryAfterS: number | null = null): RecordedError => ({ status, contentType: "application/json", retryAfterS, body, count });

test("inRecordedWords: a fault without a recording for its status keeps its own words", () => {
  expect(inRecordedWords(fault, [], 0.5)).toBe(fault);
  expect(inRecordedWords(fault, [error(503, "x", 9)], 0.5)).toBe(fault);
});

test("inRecordedWords: each body of the status is drawn as often as it was recorded, with its own retry-after", () => {
  const recorded = [error(429, "often", 3, 7), error(503, "other", 99), error(429, "seldom", 1)];
  const drawn = [0, 0.3, 0.7499, 0.75, 0.9999].map((unit) => inRecordedWords(fault, recorded, unit));
  expect(drawn.map(({ raw }) => raw?.text)).toEqual(["often", "often", "often", "seldom", "seldom"]);
  expect(drawn.map(({ retryAfterS }) => retryAfterS)).toEqual([7, 7, 7, undefined, undefined]);
});
