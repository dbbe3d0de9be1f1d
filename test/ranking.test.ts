import { expect, test } from "vitest";
import type { Verdict } from "../kernel/verdict.ts";
import { playBrownout, type PlayedBrownout, type Policy } from "./support/brownout.ts";

const slow = { timeout: 300_000 };

const retries = (count: number): Policy => ({ retry: { attemptsPerDeploymentMax: 1 + count, attemptsMax: 8, backoff: { baseMs: 50, maxMs: 200 } } });

/** What an architect turns one at a time, with the gateway's default breaker. */
const policies: Readonly<Record<string, Policy>> = {
  "no failover": { failover: false },
  "failover, breaker": { breaker: { failureRateThreshold: 0.5, minimumThroughput: 10, windowMs: 10_000, cooldownMs: 5_000, halfOpenMaxConcurrent: 1 } },
  "failover, no breaker": {},
  "no failover, 1 retry": { failover: false, ...retries(1) },
  "no failover, 3 retries": { failover: false, ...retries(3) },
};

/** Bad requests of the exposure by HTTP alone, over those offered while a fault was in force: nothing of the observer's. */
function badShare({ plan, records }: PlayedBrownout): number {
  const [fromMs, toMs] = [plan.timeline.faultFromMs, plan.timeline.faultToMs];
  const bad = records.client.filter(({ intendedMs, end, status }) => intendedMs >= fromMs && !(end === "complete" && status === 200));
  return bad.length / records.client.filter(({ intendedMs }) => intendedMs >= fromMs && intendedMs < toMs).length;
}

const radiusOf = ({ measures }: Verdict) => measures!.blastRadius!;

test("blastRadius: five policies are ranked in the order of their bad requests, each with an interval", slow, async () => {
  const played = await Promise.all(Object.entries(policies).map(async ([name, policy]) => ({ name, ...(await playBrownout(policy, 1)) })));
  const byRadius = [...played].sort((a, b) => radiusOf(a.verdict).share - radiusOf(b.verdict).share);
  const byBadShare = [...played].sort((a, b) => badShare(a) - badShare(b));
  expect(byRadius.map(({ name }) => name)).toEqual(byBadShare.map(({ name }) => name));
  expect(new Set(byRadius.map(({ verdict }) => radiusOf(verdict).share)).size).toBe(5);
  for (const each of played) {
    const { share, interval, evidence } = radiusOf(each.verdict);
    expect(share).toBeCloseTo(badShare(each), 10);
    expect(evidence).toEqual([share, share]);
    expect(interval![0]).toBeLessThan(share);
    expect(interval![1]).toBeGreaterThan(share);
    expect(["held", "deviated"]).toContain(each.verdict.verdict);
  }
});

test("blastRadius: the same requests, watched for 42 s and for 450 s after the fault, give the same value", slow, async () => {
  const [short, long] = await Promise.all([42_000, 450_000].map((recoveryMs) => playBrownout({ failover: false }, 1, [{ path: "timeline.recoveryMs", value: String(recoveryMs) }])));
  const [a, b] = [radiusOf(short!.verdict), radiusOf(long!.verdict)];
  expect(a.share).toBeGreaterThan(0.3);
  expect(Math.abs(a.share - b.share)).toBeLessThan(0.01 * a.share);
  expect(long!.verdict.measures!.badShare).toBeLessThan(short!.verdict.measures!.badShare / 3);
});
