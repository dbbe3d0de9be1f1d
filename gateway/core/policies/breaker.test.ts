import fc from "fast-check";
import { expect, test } from "vitest";
import type { BreakerConfig } from "../config.ts";
import { admit, advance, type Breaker, type BreakerResult, closedBreaker, releaseProbeSlot, permits, rampShare, recordPass, recordResult, type Ticket } from "./breaker.ts";

const settings: BreakerConfig = { failureRateThreshold: 0.5, minimumThroughput: 4, windowMs: 10_000, cooldownMs: 5_000, halfOpenMaxConcurrent: 1 };

const attempt = (breaker: Breaker, result: BreakerResult, nowMs: number, holdUntilMs = 0): Breaker => {
  const [ticket, next] = admit(advance(breaker, nowMs), settings, "primary");
  return recordResult(next, settings, { ticket, result, nowMs, reason: "reset", holdUntilMs });
};

const opened = (nowMs: number, holdUntilMs = 0) =>
  Array.from({ length: 4 }).reduce<Breaker>((breaker) => attempt(breaker, "failure", nowMs, holdUntilMs), closedBreaker);

test("breaker: opens when the failure rate exceeds the threshold, not before there is enough to judge by", () => {
  let breaker = closedBreaker;
  for (let index = 0; index < 3; index++) breaker = attempt(breaker, "failure", index);
  expect(breaker.kind).toBe("closed");
  breaker = attempt(breaker, "failure", 3);
  expect(breaker).toMatchObject({ kind: "open", untilMs: 5_003, reason: "4 of 4 attempts failed within 10000 ms, the last with reset" });
});

test("breaker: a rate at the threshold is not above it", () => {
  let breaker = closedBreaker;
  for (const result of ["success", "failure", "success", "failure", "success", "failure"] as const) breaker = attempt(breaker, result, 1);
  expect(breaker.kind).toBe("closed");
});

test("breaker: failures fall out of the window", () => {
  let breaker = closedBreaker;
  for (let index = 0; index < 3; index++) breaker = attempt(breaker, "failure", 0);
  expect(attempt(breaker, "failure", 10_000).kind).toBe("closed");
  expect(attempt(breaker, "failure", 9_999).kind).toBe("open");
});

test("breaker: time alone makes it half-open, one success closes it, one failure opens it again", () => {
  const open = opened(0);
  expect(permits(advance(open, 4_999), settings)).toBe(false);
  const halfOpen = advance(open, 5_000);
  expect(halfOpen.kind).toBe("half_open");
  expect(attempt(halfOpen, "success", 5_100)).toMatchObject({ kind: "closed", buckets: [] });
  expect(attempt(halfOpen, "failure", 5_100)).toMatchObject({ kind: "open", untilMs: 10_100, reason: "Probe failed with reset" });
});

test("breaker: after a probe that took as long as the cooldown to fail, ten requests or five minutes pass before the next one", () => {
  const probed = (tookMs: number, passesMeanwhile: number) => {
    const [ticket, probing] = admit(advance(opened(0), 5_000), settings, "primary");
    const passed = Array.from({ length: passesMeanwhile }).reduce<Breaker>(recordPass, probing);
    return recordResult(passed, settings, { ticket, result: "failure", startedMs: 5_000, nowMs: 5_000 + tookMs, reason: "first_token_timeout", holdUntilMs: 0 });
  };
  expect(advance(probed(4_999, 0), 14_999).kind).toBe("half_open");
  const slow = probed(20_000, 4);
  expect(slow).toMatchObject({ kind: "open", untilMs: 30_000, passesLeft: 6 });
  expect([advance(slow, 30_000).kind, advance(slow, 329_999).kind, advance(slow, 330_000).kind]).toEqual(["open", "open", "half_open"]);
  const passed = Array.from({ length: 6 }).reduce<Breaker>(recordPass, slow);
  expect([advance(passed, 29_999).kind, advance(passed, 30_000).kind]).toEqual(["open", "half_open"]);
  expect(advance(probed(20_000, 10), 30_000).kind).toBe("half_open");
});

test("breaker: of the requests that a silent deployment could get, at most one in eleven or one in five minutes probes it", () => {
  const request = fc.record({ afterMs: fc.oneof(fc.nat({ max: 2_000 }), fc.nat({ max: 400_000 })), tookMs: fc.integer({ min: 5_000, max: 20_000 }) });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 100 }), (requests) => {
      let [breaker, nowMs, passes, lastMs] = [opened(0), 0, Infinity, -Infinity];
      for (const { afterMs, tookMs } of requests) {
        nowMs += afterMs;
        breaker = advance(breaker, nowMs);
        if (!permits(breaker, settings)) {
          breaker = recordPass(breaker);
          passes++;
          continue;
        }
        expect(passes >= 10 || nowMs - lastMs >= 300_000).toBe(true);
        const [ticket, probing] = admit(breaker, settings, "primary");
        breaker = recordResult(probing, settings, { ticket, result: "failure", startedMs: nowMs, nowMs: nowMs + tookMs, reason: "first_token_timeout", holdUntilMs: 0 });
        nowMs += tookMs;
        [passes, lastMs] = [0, nowMs];
      }
    }),
  );
});

test("breaker: opening keeps the longest of the cooldown, Retry-After and what stood before", () => {
  expect(opened(0, 60_000)).toMatchObject({ untilMs: 60_000 });
  expect(opened(0, 1_000)).toMatchObject({ untilMs: 5_000 });
  expect(attempt(advance(opened(0), 5_000), "failure", 5_000, 90_000)).toMatchObject({ untilMs: 90_000 });
});

test("breaker: a neutral probe gives its slot back and decides nothing", () => {
  const halfOpen = advance(opened(0), 5_000);
  const [ticket, probing] = admit(halfOpen, settings, "primary");
  expect(permits(probing, settings)).toBe(false);
  const after = recordResult(probing, settings, { ticket, result: "neutral", nowMs: 5_001, reason: "", holdUntilMs: 0 });
  expect(after).toEqual(halfOpen);
});

test("breaker: what was sent before a change of state says nothing about after it", () => {
  const stale: Ticket = { deployment: "primary", generation: 0, probe: false };
  const halfOpen = advance(opened(0), 5_000);
  for (const result of ["success", "failure"] as const) {
    expect(recordResult(halfOpen, settings, { ticket: stale, result, nowMs: 5_001, reason: "", holdUntilMs: 0 })).toEqual(halfOpen);
  }
});

test("breaker: failures of attempts that were sent before it opened do not open it again once it has closed", () => {
  const closed = attempt(advance(opened(0), 5_000), "success", 5_100);
  const stale: Ticket = { deployment: "primary", generation: 0, probe: false };
  let breaker = closed;
  for (let index = 0; index < 10; index++) breaker = recordResult(breaker, settings, { ticket: stale, result: "failure", nowMs: 5_200, reason: "", holdUntilMs: 0 });
  expect(breaker).toEqual(closed);
});

test("breaker: a probe of an earlier half-open state does not free or fill a place of a later one", () => {
  const limits = { ...settings, halfOpenMaxConcurrent: 2 };
  const [early, first] = admit(advance(opened(0), 5_000), limits, "primary");
  const [other, both] = admit(first, limits, "primary");
  const open = recordResult(both, limits, { ticket: other, result: "failure", nowMs: 5_100, reason: "x", holdUntilMs: 0 });
  const [, later] = admit(advance(open, 10_100), limits, "primary");
  expect(later).toMatchObject({ kind: "half_open", probes: 1, successes: 0 });
  for (const result of ["success", "failure", "neutral"] as const) {
    expect(recordResult(later, limits, { ticket: early, result, nowMs: 10_200, reason: "x", holdUntilMs: 0 })).toEqual(later);
  }
});

test("breaker: with several probes allowed, that many are sent in all, and all must succeed", () => {
  const limits = { ...settings, halfOpenMaxConcurrent: 2 };
  const [ticket, probing] = admit(advance(opened(0), 5_000), limits, "primary");
  const one = recordResult(probing, limits, { ticket, result: "success", nowMs: 5_100, reason: "", holdUntilMs: 0 });
  const [last, both] = admit(one, limits, "primary");
  expect(last.probe).toBe(true);
  expect(permits(both, limits)).toBe(false);
  expect(recordResult(both, limits, { ticket: last, result: "success", nowMs: 5_200, reason: "", holdUntilMs: 0 }).kind).toBe("closed");
});

test("breaker: a probe that flows gives its place to the next, and how it ends still decides", () => {
  const [ticket, probing] = admit(advance(opened(0), 5_000), settings, "primary");
  const flowing = releaseProbeSlot(probing, ticket);
  expect(permits(flowing, settings)).toBe(true);
  const [, next] = admit(flowing, settings, "primary");
  expect(permits(next, settings)).toBe(false);
  const late = { ticket, commitReported: true, nowMs: 9_000, reason: "reset", holdUntilMs: 0 };
  expect(recordResult(next, settings, { ...late, result: "neutral" })).toEqual(next);
  expect(recordResult(next, settings, { ...late, result: "failure" })).toMatchObject({ kind: "open" });
  expect(recordResult(next, settings, { ...late, result: "success" })).toMatchObject({ kind: "closed" });
});

test("breaker: only a probe of the present half-open state has a place to give", () => {
  const [ticket, probing] = admit(advance(opened(0), 5_000), settings, "primary");
  const strangers: readonly Ticket[] = [{ ...ticket, probe: false }, { ...ticket, generation: 0 }];
  for (const stranger of strangers) expect(releaseProbeSlot(probing, stranger)).toBe(probing);
  expect(releaseProbeSlot(closedBreaker, ticket)).toBe(closedBreaker);
});

test("rampShare: after probes have closed it the share rises from a tenth to all, without a ramp and before any outage it is all", () => {
  const ramp = { ...settings, rampMs: 10_000 };
  const closed = attempt(advance(opened(0), 5_000), "success", 6_000);
  expect([6_000, 6_500, 8_500, 15_999, 16_000, 99_000].map((nowMs) => rampShare(closed, ramp, nowMs))).toEqual([0.1, 0.1, 0.25, 0.9999, 1, 1]);
  expect(rampShare(attempt(closed, "success", 7_000), ramp, 8_500)).toBe(0.25);
  expect(rampShare(closed, settings, 6_000)).toBe(1);
  expect(rampShare(closedBreaker, ramp, 0)).toBe(1);
});

/**
 * Any traffic: attempts start when permitted (or are forced), end later with any result, in any order, while time
 * passes.
 */
const step = fc.oneof(
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 6_000 }) }),
  fc.record({ kind: fc.constant("start" as const), isForced: fc.boolean() }),
  fc.record({ kind: fc.constant("commit" as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant("end" as const), which: fc.nat(20), result: fc.constantFrom<BreakerResult>("success", "failure", "neutral"), holdMs: fc.constantFrom(0, 0, 20_000) }),
);

test("breaker: under any traffic, probes never exceed halfOpenMaxConcurrent, open never ends early, and generations only rise", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 3 }), (steps, halfOpenMaxConcurrent) => {
      const limits = { ...settings, halfOpenMaxConcurrent };
      let breaker: Breaker = closedBreaker;
      let nowMs = 0;
      const running: { ticket: Ticket; commitReported: boolean }[] = [];
      for (const event of steps) {
        const before = breaker;
        if (event.kind === "pass") nowMs += event.ms;
        breaker = advance(breaker, nowMs);
        if (event.kind === "start" && (event.isForced || permits(breaker, limits))) {
          const [ticket, next] = admit(breaker, limits, "primary");
          running.push({ ticket, commitReported: false });
          breaker = next;
        }
        if (event.kind === "end" && running.length > 0) {
          const [ended] = running.splice(event.which % running.length, 1);
          breaker = recordResult(breaker, limits, { ...ended!, result: event.result, nowMs, reason: "x", holdUntilMs: nowMs + event.holdMs });
        }
        const flowing = event.kind === "commit" ? running[event.which % Math.max(1, running.length)] : undefined;
        if (flowing?.commitReported === false) {
          flowing.commitReported = true;
          breaker = releaseProbeSlot(breaker, flowing.ticket);
        }
        expect(breaker.generation).toBeGreaterThanOrEqual(before.generation);
        if (before.kind === "open" && breaker.kind !== "open") expect(nowMs).toBeGreaterThanOrEqual(before.untilMs);
        if (before.kind === "half_open" && breaker.kind === "open") expect(breaker.untilMs).toBeGreaterThanOrEqual(before.untilMs);
        const { generation } = breaker;
        const probes = running.filter(({ ticket, commitReported }) => ticket.probe && !commitReported && ticket.generation === generation).length;
        if (breaker.kind === "half_open") {
          expect(breaker.probes).toBe(probes);
          expect(probes + breaker.successes).toBeLessThanOrEqual(halfOpenMaxConcurrent);
        }
        if (breaker.kind === "closed") expect(breaker.buckets.length).toBeLessThanOrEqual(10);
      }
    }),
    { numRuns: 500 },
  );
});
