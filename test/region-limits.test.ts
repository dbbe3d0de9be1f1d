import { expect, test } from "vitest";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 240_000 };

/**
 * `region-loss` with a limit for a team in each process. Half of it is enough while both regions live, and too little
 * for one that has all of the traffic.
 */
async function refusedOn(sets: Readonly<Record<string, string>>) {
  const limits = "{ rules: [{ team: support, windowMs: 10000, requests: 44 }] }";
  const resolved = planOf("region-loss", { "stack.gateway.limits": limits, timeline: "{ warmupMs: 2000, steadyMs: 18000, recoveryMs: 2000 }", ...sets }, 1, "hardened");
  const { records } = await playVirtually(resolved);
  const refused = records.client.filter(({ status }) => status === 429);
  const { faultFromMs, faultToMs } = resolved.plan.timeline;
  return { before: refused.filter(({ intendedMs }) => intendedMs < faultFromMs).length, during: refused.filter(({ intendedMs }) => intendedMs >= faultFromMs && intendedMs < faultToMs).length };
}

test("limits: each region has its part, and the one that is left gets the lost one's", slow, async () => {
  expect(await refusedOn({})).toEqual({ before: 0, during: 0 });
});

test("limits: a region whose edges are all elsewhere keeps to its part", slow, async () => {
  const { before, during } = await refusedOn({ "stack.edge.count": "1", "faults.0.target": "{ role: gateway, region: 1 }" });
  expect(before).toBe(0);
  expect(during).toBeGreaterThan(0);
});
