import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { digestOf, plannedPart } from "../../kernel/plan-digest.ts";
import { faultPlanners } from "../../scenarios/faults/index.ts";
import { everyKind } from "./fixtures/every-kind.ts";
import { planFromInputs } from "./plan-from-inputs.ts";
import { plannerVersion } from "./planner-version.ts";

/** Of the fixture's plan and arrivals, by the planner's version. Only the present version is kept. */
const digests: Readonly<Record<number, readonly [plan: string, arrivals: string]>> = {
  2: ["c20ce17e0b099e55bac389e027d0c4e0fe3a5ac5cfab6e28eb7bb5fa64967bc5", "ab2291e31597c4d4a89c79f4b1e522776f6a0233f438bb06f1eb85f8a2b42b45"],
};

const { plan, arrivals } = planFromInputs(everyKind, { run: "fixture", requestsMax: 10_000 });

test("plannerVersion: the fixture's plan changed? Then raise the version, and write the new digests beside it", () => {
  expect([digestOf([plannedPart(plan)], createHash), digestOf(arrivals, createHash)]).toEqual(digests[plannerVersion]);
});

test("plannerVersion: the fixture has every kind of fault, an outage of a file, and a recorded profile", () => {
  expect(new Set(plan.faults.map(({ kind }) => kind))).toEqual(new Set(Object.keys(faultPlanners)));
  expect(plan.deployments[1]).toMatchObject({ latency: { source: "recorded" }, errors: [{ status: 503 }] });
  expect(arrivals.length).toBeGreaterThan(100);
});
