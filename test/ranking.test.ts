import { expect, test } from "vitest";
import { mean } from "../kernel/stats.ts";
import type { Verdict } from "../kernel/verdict.ts";
import { separationOf } from "../observer/measure/separation.ts";
import type { Override } from "../scenarios/parse.ts";
import { playBrownout, type PlayedBrownout, type Policy } from "./support/brownout.ts";

const slow = { timeout: 300_000 };

const retries = (count: number): Policy => ({ retry: { attemptsPerDeploymentMax: 1 + count, attemptsMax: 8, backoff: { baseMs: 50, maxMs: 200 } } });

/** What an architect sets one way or the other. */
const policies: Readonly<Record<string, Policy>> = {
  "no failover": { failover: false },
  "failover, default breaker": { breaker: undefined },
  "failover, no breaker": {},
  "no failover, 1 retry": { failover: false, ...retries(1) },
  "no failover, 3 retries": { failover: false, ...retries(3) },
};

/**
 * Bad requests of the exposure by HTTP alone, over those offered while a fault was in force: nothing of the observer's.
 */
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

const seeds = (fromSeed: number, toSeed: number) => Array.from({ length: toSeed - fromSeed + 1 }, (_, index) => fromSeed + index);

/**
 * Lost demand of the brownout under each of 20 seeds, watched for 5 s after it: what is compared does not depend on the
 * tail.
 */
async function lostDemand(policy: Policy, of: readonly number[], sets: readonly Override[] = []): Promise<readonly number[]> {
  const watched = [{ path: "timeline.recoveryMs", value: "5000" }, ...sets];
  const played: number[] = [];
  for (const seed of of) played.push(radiusOf((await playBrownout(policy, seed, watched)).verdict).share);
  return played;
}

const pairsOf = (first: readonly number[], second: readonly number[]) => first.map((value, index) => [value, second[index]!] as const);

test.each(["no failover", "failover, no breaker"])("separationOf: %s is not separated from itself under other seeds, and is from a primary that fails a fifth more", slow, async (name) => {
  const policy = policies[name]!;
  const [base, again] = [await lostDemand(policy, seeds(1, 20)), await lostDemand(policy, seeds(21, 40))];
  expect(separationOf(pairsOf(base, again)).separated).toBe(false);
  const worse = await lostDemand(policy, seeds(1, 20), [{ path: "faults.0.phases.0.errorRate", value: "0.72" }]);
  expect(mean(base)).toBeGreaterThan(0.1);
  expect(mean(worse) / mean(base)).toBeCloseTo(1.2, 1);
  expect(separationOf(pairsOf(base, worse))).toMatchObject({ separated: true });
});
