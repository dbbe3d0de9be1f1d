import { expect, test } from "vitest";
import { configChanges, type ConfigChange } from "../scenarios/faults/config-change.ts";
import { playPush } from "./packages/virtual.ts";

/** A new prompt is the eval gate's: eval-gate-push.test.ts. */
const pushed = configChanges.filter((change) => change !== "new_prompt");
const slow = { timeout: 240_000 };
/** A short run: the push is in force for 15 s. */
const sets = { timeline: "{ warmupMs: 1000, steadyMs: 4000, recoveryMs: 4000 }", "faults.0.lengthMs": "15000", "workload.requestsPerSecond": "16", "workload.streamShare": "0" };

/** What only real requests show: it reaches the first step. */
const shownByRequests: ReadonlySet<ConfigChange> = new Set<ConfigChange>(["kill_switch", "bad_code"]);

test.each(pushed)("config_push %s: on hardened no request is reached, and by what only requests show no more than the first step's share and ten", slow, async (change) => {
  const seen = await playPush(change, "hardened", { sets });
  expect(seen.problems).toEqual([]);
  expect(seen.requests).toBeGreaterThan(100);
  expect(seen.silent).toBe(0);
  expect(seen.reached).toBeLessThanOrEqual(shownByRequests.has(change) ? 0.05 * seen.requests + 10 : 0);
  expect(seen.reached > 0).toBe(shownByRequests.has(change));
  expect(seen.failed).toBeLessThanOrEqual(seen.reached);
});

test.each(pushed)("config_push %s: on naive it is applied at once, and every request has its damage", slow, async (change) => {
  const { requests, failed, silent, problems } = await playPush(change, "naive", { sets });
  expect(problems).toEqual([]);
  expect(requests).toBeGreaterThan(100);
  // Too many routes do no harm by themselves: all that is seen is the restart. One request of a team a day is let
  // through.
  if (change === "too_big") expect(failed).toBeLessThan(0.2 * requests);
  else if (change === "swapped_providers") expect(failed + silent).toBe(requests);
  else if (change === "bad_code") expect(failed).toBeGreaterThan(0.5 * requests);
  // It is about streams.
  else if (change === "drifted_code") expect(silent).toBe(0);
  else expect(failed).toBeGreaterThanOrEqual(requests - 3);
});
