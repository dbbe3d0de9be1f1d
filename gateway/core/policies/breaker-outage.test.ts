import { expect, test } from "vitest";
import type { BreakerConfig } from "../config.ts";
import { admit, advance, recordStart, type Breaker, closedBreaker, recordResult } from "./breaker.ts";

const settings: BreakerConfig = { failureRateThreshold: 0.5, minimumThroughput: 10, windowMs: 10_000, cooldownMs: 5_000, halfOpenMaxConcurrent: 1, outageWindowMs: 2_000 };

interface Sent {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly result: "success" | "failure";
}

/** When the breaker opens over these attempts; null: never. */
function opensAtMs(attempts: readonly Sent[], config: BreakerConfig = settings): number | null {
  const steps = attempts.flatMap((attempt) => [
    { atMs: attempt.startedMs, attempt, ends: false },
    { atMs: attempt.endedMs, attempt, ends: true },
  ]);
  steps.sort((a, b) => a.atMs - b.atMs);
  let breaker: Breaker = closedBreaker;
  const tickets = new Map<Sent, ReturnType<typeof admit>[0]>();
  for (const { atMs, attempt, ends } of steps) {
    if (ends) breaker = recordResult(breaker, config, { ticket: tickets.get(attempt)!, result: attempt.result, nowMs: atMs, startedMs: attempt.startedMs, reason: "reset", holdUntilMs: 0 });
    else {
      const [ticket, next] = admit(advance(breaker, atMs), config, "primary");
      tickets.set(attempt, ticket);
      breaker = recordStart(next, config, atMs);
    }
    if (breaker.kind === "open") return atMs;
  }
  return null;
}

/** Fifty a second: healthy ones take two seconds, failures fifty milliseconds. */
const traffic = (untilMs: number, fails: (index: number, startedMs: number) => boolean): readonly Sent[] =>
  Array.from({ length: untilMs / 20 }, (_, index) => {
    const startedMs = index * 20;
    const isFailure = fails(index, startedMs);
    return { startedMs, endedMs: startedMs + (isFailure ? 50 : 2_000), result: isFailure ? "failure" : "success" };
  });

test("breaker: after ten good seconds it opens within two seconds of an outage, by its outage window", () => {
  const outage = traffic(20_000, (_, startedMs) => startedMs >= 10_000);
  expect(opensAtMs(outage)).toBeGreaterThan(10_500);
  expect(opensAtMs(outage)).toBeLessThan(11_500);
  const { outageWindowMs: _, ...slow } = settings;
  expect(opensAtMs(outage, slow)).toBeGreaterThan(13_000);
});

test("breaker: failures that come back sooner than successes do not open it below the threshold", () => {
  for (const failing of [1, 2]) expect(opensAtMs(traffic(30_000, (index, startedMs) => startedMs >= 5_000 && index % 5 < failing))).toBeNull();
});

test("breaker: too few attempts within the outage window say nothing", () => {
  const rare = Array.from({ length: 9 }, (_, index): Sent => ({ startedMs: index * 100, endedMs: index * 100 + 10, result: "failure" }));
  expect(opensAtMs(rare)).toBeNull();
});

test("breaker: what it says of an outage names the figures", () => {
  const outage = traffic(20_000, (_, startedMs) => startedMs >= 10_000);
  let breaker: Breaker = closedBreaker;
  for (const { startedMs } of outage.slice(0, 10)) breaker = recordStart(breaker, settings, startedMs);
  for (const { startedMs } of outage.slice(0, 10)) {
    const ticket = { deployment: "primary", generation: 0, probe: false };
    if (breaker.kind === "closed") breaker = recordResult({ ...breaker, buckets: [{ index: 0, successes: 500, failures: 0 }] }, settings, { ticket, result: "failure", nowMs: 200, startedMs, reason: "reset", holdUntilMs: 0 });
  }
  expect(breaker).toMatchObject({ kind: "open", reason: expect.stringMatching(/^\d+ of 10 attempts begun within 2000 ms have failed, the last with reset$/) as string });
});
