import { expect, test } from "vitest";
import { neverSignal } from "../kernel/signal.ts";
import { playVirtual } from "../lab/suite/play-virtual.ts";
import { playPush } from "./packages/virtual.ts";

/**
 * What two protections of `hardened` are worth that a verdict alone does not show. Those of the others: `endsAs` of the
 * scenarios that name their stacks.
 */
const slow = { timeout: 240_000 };

test("hardened-without-observer: answers that are mixed up raise no alarm, where the observer's comes within 30 s", slow, async () => {
  const detected = async (stack: string) => (await playVirtual({ scenario: "gateway-sick", stack, seed: 1, sets: [] }, { keepIn: null, signal: neverSignal })).result.measures!.detectionMs;
  expect(await detected("hardened")).toBeLessThan(30_000);
  expect(await detected("hardened-without-observer")).toBeNull();
});

test("hardened-without-staging: a kill switch reaches several times as many requests before it is rolled back", slow, async () => {
  const sets = { timeline: "{ warmupMs: 1000, steadyMs: 4000, recoveryMs: 1000 }", "faults.0.lengthMs": "12000", "workload.requestsPerSecond": "60", "workload.streamShare": "0" };
  const reached = async (stack: string) => (await playPush("kill_switch", stack, { sets })).reached;
  const [staged, atOnce] = [await reached("hardened"), await reached("hardened-without-staging")];
  expect(staged).toBeGreaterThan(0);
  expect(atOnce).toBeGreaterThan(3 * staged);
});
