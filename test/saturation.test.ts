import { expect, test } from "vitest";
import type { WireRecord } from "../kernel/records.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 120_000 };

test("runVirtual: a failover saturates the fallback, which queues, then refuses, then loses callers; the observer says that it was the overload", slow, async () => {
  // A breaker that leaves the fallback sooner, or a limit on what waits there, keeps requests away from the overload:
  // these met the outage alone.
  const resolved = planOf("saturation", { "stack.gateway.policy.breaker.failureRateThreshold": "0.6", "stack.gateway.policy.concurrency": "null" });
  const { verdict, records } = await playVirtually(resolved);
  expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
  expect(verdict.verdict).toBe("deviated");

  const { faultFromMs, faultToMs } = resolved.plan.timeline;
  const fallback = records.wire.filter(({ deployment }) => deployment === "fallback").sort((a, b) => a.arrivedMs - b.arrivedMs);
  const steady = fallback.filter(({ arrivedMs }) => arrivedMs < faultFromMs);
  const crowded = fallback.filter(({ arrivedMs }) => arrivedMs >= faultFromMs && arrivedMs < faultToMs);
  expect(steady.filter(({ load }) => (load?.queuedMs ?? 0) > 0 || (load?.refused ?? null) !== null)).toEqual([]);
  const first = (is: (attempt: WireRecord) => boolean) => crowded.find(is)!.arrivedMs;
  const queuedFrom = first(({ load }) => (load?.queuedMs ?? 0) > 0);
  const refusedFrom = first(({ load, status }) => load?.refused === "requests" && status === 429);
  const abandonedFrom = first(({ load, end }) => end === "caller_gone" && (load?.queuedMs ?? 0) > 2_000);
  expect(queuedFrom).toBeLessThan(refusedFrom);
  expect(queuedFrom).toBeLessThan(abandonedFrom);

  const { attribution } = verdict;
  expect(attribution!.bad).toBe(verdict.cells.reduce((total, { bad }) => total + bad, 0));
  const both = attribution!.faultAndOverload.reduce((sum, { requests }) => sum + requests, 0);
  expect(attribution!.overload + both + attribution!.aftermathAndOverload).toBeGreaterThan(0.8 * attribution!.bad);
  expect(both).toBeGreaterThan(0);
  expect(attribution!.overloaded.map(({ deployment }) => deployment)).toEqual(["fallback"]);
  expect(verdict.reasons.at(-1)).toContain("met the overload of fallback, where no fault was in force");
  const bystanders = verdict.cells.find(({ cell }) => cell === "legal/review/local")!;
  expect(bystanders.bad / bystanders.requests).toBeGreaterThan(0.1);
});

test("runVirtual: the same outage on a fallback with room to spare harms nobody, and nothing is overloaded", slow, async () => {
  const { verdict } = await playVirtually(planOf("saturation", { "deployments.1.capacity.slots": "400", "deployments.1.limits.requestsPerMinute": "6000" }));
  expect(verdict.verdict, verdict.reasons.join(" ")).toBe("held");
  expect(verdict.attribution).toMatchObject({ overload: 0, faultAndOverload: [], overloaded: [] });
});

test("runVirtual: capacity keeps its word: the fallback is never at work on more answers than it has slots", slow, async () => {
  const { records } = await playVirtually(planOf("saturation"));
  const edges = records.wire
    .filter(({ deployment, answerId }) => deployment === "fallback" && answerId !== null)
    .flatMap(({ arrivedMs, endedMs, load }) => [
      { atMs: arrivedMs + (load?.queuedMs ?? 0), change: 1 },
      { atMs: endedMs, change: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs || a.change - b.change);
  let busy = 0;
  let busiest = 0;
  for (const { change } of edges) busiest = Math.max(busiest, (busy += change));
  expect(busiest).toBe(24);
});
