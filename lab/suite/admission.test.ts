import { expect, test } from "vitest";
import { admissionsOf, tierOf } from "./admission.ts";
import { madeResult } from "./results.fixture.ts";

const on = (scenario: string, changes: Parameters<typeof madeResult>[0] = {}) => madeResult({ scenario, stack: "hardened", end: "held", lostDemand: 0.02, ...changes });
const six = ["region-loss", "break-glass-drill", "provider-contaminates", "region-return", "gateway-sick", "kill-switch-skips-staging"];

test("tierOf: over half is tier 0, over a tenth tier 1, the limits themselves are of the milder tier", () => {
  expect([0.51, 0.5, 0.11, 0.1, 0].map(tierOf)).toEqual([0, 1, 1, 2, 2]);
});

test("admissionsOf: the largest blast radius is of the gateway's own faults, whatever providers cost, over all seeds", () => {
  const results = [on("gateway-dead", { lostDemand: 0.04 }), on("gateway-dead", { lostDemand: 0.3, seed: 2, end: "deviated" }), on("provider-down", { lostDemand: 0.9 })];
  const [admission] = admissionsOf(results);
  expect(admission).toMatchObject({ stack: "hardened", held: ["provider-down"], notHeld: ["gateway-dead"], largest: { scenario: "gateway-dead", seed: 2, lostDemand: 0.3 } });
  expect(admission!.untested).not.toContain("gateway-dead");
  expect(admission!.untested).toContain("region-loss");
});

test("admissionsOf: a protection is tested by a scenario that suffers without it, and by no cell without a verdict", () => {
  const [admission] = admissionsOf(six.map((scenario) => on(scenario, scenario === "region-loss" ? { end: "unknown" } : {})));
  const tested = Object.fromEntries(admission!.protections.map(({ title, tested: is }) => [title, is]));
  expect(tested).toMatchObject({ "two regions with control planes of their own": false, "break-glass": true, "contract tests": true, "warm-up and ramp": true, "independent observability": true, "staged push": true });
  expect(admission!.tier).toBeNull();
});

test("admissionsOf: with a verdict on a scenario of each of the six, the largest loss of a gateway's own fault decides the tier", () => {
  const [admission] = admissionsOf(six.map((scenario) => on(scenario, { lostDemand: scenario === "break-glass-drill" ? 0.16 : 0.02 })));
  expect(admission!.protections.filter(({ tested }) => !tested)).toEqual([]);
  expect(admission!.tier).toBe(1);
});

test("admissionsOf: each stack has its own, and cells with other settings do not count", () => {
  const results = [on("gateway-dead"), on("gateway-dead", { stack: "naive", end: "deviated", lostDemand: 1 }), { ...on("edge-dead"), cell: { ...on("edge-dead").cell, sets: ["a=1"] } }];
  expect(admissionsOf(results).map(({ stack, held, notHeld }) => ({ stack, held, notHeld }))).toEqual([
    { stack: "hardened", held: ["gateway-dead"], notHeld: [] },
    { stack: "naive", held: [], notHeld: ["gateway-dead"] },
  ]);
});
