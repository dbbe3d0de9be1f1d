import fc from "fast-check";
import { expect, test } from "vitest";
import { halfWidthMax } from "../../../kernel/intervals.ts";
import type { PlannedPhase } from "../../../kernel/plan.ts";
import { wilson } from "../../../kernel/stats.ts";
import { ratesOf, requestsNeeded, withoutDns } from "./rates.ts";

const calm: PlannedPhase = {
  index: 0,
  fromMs: 0,
  toMs: 10_000,
  errorRate: 0,
  statusMix: {},
  latencyFactor: 1,
  addedLatencyMs: 0,
  streamTruncationRate: 0,
  wrongOutputRate: 0,
  wrongOutputKind: "garbled",
};
const share = fc.double({ min: 0, max: 1, noNaN: true });

test("withoutDns: lookups that fail and what the provider then does make the planned rate and mix", () => {
  fc.assert(
    fc.property(share, share, share, (errorRate, dns, part) => {
      const statusMix = { dns, "503": (1 - dns) * part, reset: (1 - dns) * (1 - part) };
      const played = withoutDns({ ...calm, errorRate, statusMix });
      const lookups = errorRate * dns;
      expect(lookups + (1 - lookups) * played.errorRate).toBeCloseTo(errorRate, 9);
      expect((1 - lookups) * played.errorRate * (played.statusMix["503"] ?? 0)).toBeCloseTo(errorRate * statusMix["503"], 9);
      expect(played.statusMix).not.toHaveProperty("dns");
    }),
  );
});

test("ratesOf: with a share of the clients, the rates over all of them", () => {
  fc.assert(
    fc.property(share, share, share, share, (clientShare, errorRate, streamTruncationRate, wrongOutputRate) => {
      const { errors, truncated, wrong } = ratesOf({ ...calm, errorRate, streamTruncationRate, wrongOutputRate, select: { clientShare } });
      expect(errors).toBeCloseTo(clientShare * errorRate, 9);
      expect((1 - errors) * truncated).toBeCloseTo(clientShare * (1 - errorRate) * streamTruncationRate, 9);
      expect((1 - errors) * (1 - truncated) * wrong).toBeCloseTo(clientShare * (1 - errorRate) * (1 - streamTruncationRate) * wrongOutputRate, 9);
    }),
  );
});

test("requestsNeeded: enough for the half-width of the error rate, and for rare things to be seen", () => {
  for (const errorRate of [0, 0.01, 0.2, 0.95]) {
    const count = requestsNeeded({ ...calm, errorRate }, 3.5);
    const [low, high] = wilson(errorRate * count, count, 3.5);
    expect((high - low) / 2).toBeLessThanOrEqual(halfWidthMax(errorRate));
  }
  expect(0.002 * requestsNeeded({ ...calm, streamTruncationRate: 0.002 }, 3.5)).toBeGreaterThanOrEqual(25);
  expect(0.5 * 0.01 * requestsNeeded({ ...calm, errorRate: 0.5, wrongOutputRate: 0.01 }, 3.5)).toBeGreaterThanOrEqual(25);
});
