import { expect, test } from "vitest";
import { sendsOf } from "./sends.ts";
import { HandMadeRun } from "./testing.ts";

const failedAt = (sentMs: number) => ({ sentMs, endMs: sentMs + 10, end: "complete" as const, status: 503 });

test("sendsOf: every send of the exposure counts, and the second with the most of them", () => {
  const run = new HandMadeRun();
  run.every(1_000, 0, 20_000, (atMs) => run.good("red", atMs));
  run.good("red", 30_000, { earlierAttempts: [failedAt(30_000), failedAt(30_500)], lastSentMs: 31_600 });
  run.good("blue", 30_100);
  expect(sendsOf(run.plan(), run.client)).toEqual({ perRequest: 2, beforePerSecond: 1, mostWithinSecond: 3 });
});

test("sendsOf: null where no client sends twice", () => {
  const run = new HandMadeRun();
  run.good("red", 30_000);
  expect(sendsOf(run.plan(), run.client)).toBeNull();
});
