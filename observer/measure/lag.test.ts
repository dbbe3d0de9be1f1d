import { expect, test } from "vitest";
import type { Judged } from "./classify.ts";
import { lagReason, rateInTime } from "./lag.ts";

/** Spans of 5 s, each with that many requests, all that late. */
const spans = (...each: readonly (readonly [requests: number, latenessMs: number])[]) =>
  each.flatMap(([requests, latenessMs], span) =>
    Array.from({ length: requests }, (_, index): Judged => {
      const intendedMs = span * 5_000 + index;
      return { record: { intendedMs, sentMs: intendedMs + latenessMs } } as Judged;
    }),
  );

test("rateInTime: the highest rate up to which every span was in time", () => {
  expect(rateInTime(spans([50, 5], [100, 20], [150, 400]), 50)).toBe(20);
});

test("rateInTime: a span in time above one that was late shows no rate that passes", () => {
  expect(rateInTime(spans([50, 5], [100, 400], [150, 20]), 50)).toBe(10);
  expect(rateInTime(spans([100, 400], [150, 20]), 50)).toBe(null);
});

test("rateInTime: a span with few requests says nothing", () => {
  expect(rateInTime(spans([19, 5], [100, 400]), 50)).toBe(null);
});

test("lagReason: it names the lag, the rate that would pass, and what to do", () => {
  expect(lagReason(123, 50, 12)).toBe(
    "The load generator lagged: 1 % of its requests left more than 123 ms late (limit 50 ms). The run measured the lab's machine, not the system. In this run the machine was in time up to 12 requests a second (--set workload.requestsPerSecond=12). --virtual needs no time of the machine's own; --tolerate-lag 150 accepts the lag, and the verdict says so.",
  );
  expect(lagReason(123, 50, null)).toContain("It was late at every rate of this run: other work had the machine.");
});
