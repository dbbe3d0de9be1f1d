import fc from "fast-check";
import { expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { recordedPhases } from "./phases.ts";
import { profileOf } from "./profile.ts";

const answered: Exchange = { atMs: 0, end: "answered", failure: null, stream: true, firstTokenMs: 100, lastTokenMs: 300, tokens: 21, totalMs: 300, requestBytes: 10, responseBytes: 10 };
const failed = (failure: string): Exchange => ({ ...answered, end: "failed", failure, firstTokenMs: null, lastTokenMs: null, tokens: null });

/** Ten requests a second; what each is, by its number. */
function timeline(seconds: number, of: (second: number, index: number) => Exchange): readonly Exchange[] {
  return Array.from({ length: seconds * 10 }, (_, index) => ({ ...of(Math.floor(index / 10), index), atMs: index * 100 }));
}

test("recordedPhases: an outage in the middle is a phase of its own, with its mix", () => {
  const exchanges = timeline(120, (second, index) => (second < 40 || second >= 80 || index % 2 === 0 ? answered : failed(index % 4 === 1 ? "503" : "reset")));
  expect(recordedPhases(exchanges, 120_000, 100)).toMatchObject([
    { fromMs: 0, toMs: 40_000, requests: 400, errorRate: 0, statusMix: {} },
    { fromMs: 40_000, toMs: 80_000, requests: 400, errorRate: 0.5, statusMix: { "503": 0.5, reset: 0.5 } },
    { fromMs: 80_000, toMs: 120_000, requests: 400, errorRate: 0 },
  ]);
});

test("recordedPhases: slowness alone, and cut streams, are phases too", () => {
  const slow = timeline(60, (second) => (second < 30 ? answered : { ...answered, firstTokenMs: 350 }));
  expect(recordedPhases(slow, 60_000, 100)).toMatchObject([{ latencyFactor: 1 }, { fromMs: 30_000, latencyFactor: 3.5 }]);
  const cut = timeline(60, (second, index) => (second >= 30 && index % 5 === 0 ? { ...answered, end: "truncated" } : answered));
  expect(recordedPhases(cut, 60_000, 100)).toMatchObject([{ streamTruncationRate: 0 }, { fromMs: 30_000, errorRate: 0, streamTruncationRate: 0.2 }]);
});

test("recordedPhases: a JSON answer that was cut counts as one, since a simulator cuts both", () => {
  const cut = timeline(30, (_second, index) => ({ ...answered, stream: false, firstTokenMs: null, end: index % 4 === 0 ? "truncated" : "answered" }));
  expect(recordedPhases(cut, 30_000, null)).toMatchObject([{ errorRate: 0, streamTruncationRate: 0.25 }]);
});

test("recordedPhases: whatever was recorded, phases follow each other over the whole length, and every known end is in one", () => {
  const exchange = fc.record({ atMs: fc.nat(90_000), kind: fc.constantFrom("ok", "503", "timeout", "cut", "gone", "idle") });
  fc.assert(
    fc.property(fc.array(exchange, { maxLength: 300 }), fc.integer({ min: 1, max: 90_000 }), (drawn, lengthMs) => {
      const exchanges = drawn.map(({ atMs, kind }): Exchange => {
        const one = kind === "503" || kind === "timeout" ? failed(kind) : answered;
        return { ...one, atMs, end: kind === "cut" ? "truncated" : kind === "gone" ? "caller_gone" : kind === "idle" ? "excluded" : one.end };
      });
      const phases = recordedPhases(exchanges, lengthMs, 100);
      expect(phases[0]!.fromMs).toBe(0);
      expect(phases.at(-1)!.toMs).toBe(lengthMs);
      phases.slice(1).forEach((phase, index) => expect(phase.fromMs).toBe(phases[index]!.toMs));
      expect(phases.reduce((sum, { requests }) => sum + requests, 0)).toBe(exchanges.filter(({ end }) => end !== "caller_gone" && end !== "excluded").length);
      for (const { errorRate, statusMix } of phases) {
        const total = Object.values(statusMix).reduce((sum, share) => sum + share, 0);
        expect(total).toBeCloseTo(errorRate > 0 ? 1 : 0, 9);
      }
    }),
  );
});

test("profileOf: latency is that of the healthy part, where there is one", () => {
  const exchanges = timeline(60, (second, index) => (second < 30 ? answered : index % 2 === 0 ? failed("500") : { ...answered, firstTokenMs: 900, lastTokenMs: 2_000 }));
  expect(profileOf(exchanges, [], 60_000)).toMatchObject({ latency: { firstTokenMsP50: 100, tokensPerSecond: 100 }, phases: [{ latencyFactor: 1 }, { errorRate: 0.5, latencyFactor: 9 }] });
});

test("profileOf: equal error bodies are counted, the most frequent first", () => {
  const error = (status: number, retryAfterS: number | null) => ({ status, contentType: "application/json", retryAfterS, body: "{}" });
  expect(profileOf([], [error(500, null), error(429, 1), error(429, 2)], 1_000).errors).toMatchObject([{ status: 429, count: 2 }, { status: 500, count: 1 }]);
});
