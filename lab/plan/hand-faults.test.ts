import { expect, test } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import { handFaultsOf } from "./hand-faults.ts";
import { resolveRun } from "./resolve-run.ts";

function offered(scenario: string, stack: string, check: () => void = () => {}) {
  const { plan, inputs } = resolveRun({ scenario, stack, sets: [] });
  return { plan, faults: handFaultsOf(inputs, plan, check) };
}

test("handFaultsOf: gateways and ways to providers of the stack, planned with their reach, in times that count from the injection", () => {
  const { plan, faults } = offered("healthy", "hardened");
  expect(faults.map(({ title }) => title)).toContain("The gateway of region 1 killed");
  expect(faults.filter(({ kind }) => kind === "link_down").length).toBe(plan.deployments.length);
  for (const { title, fromMs, toMs, affects, target } of faults) {
    expect({ title, fromMs, toMs, isSomewhere: target.links.length + target.components.length > 0, reaches: affects.cells.length > 0 }).toEqual({ title, fromMs: 0, toMs: 10_000, isSomewhere: true, reaches: true });
  }
});

test("handFaultsOf: the scenario's own faults come first with their own length, unless a provider plays them by its schedule", () => {
  const dead = offered("gateway-dead", "naive");
  expect(dead.faults[0]).toMatchObject({ title: dead.plan.faults[0]!.title, fromMs: 0, toMs: 40_000 });
  expect(new Set(dead.faults.map(({ id }) => id)).size).toBe(dead.faults.length);
  expect(new Set(dead.faults.map(({ title }) => title)).size).toBe(dead.faults.length);
  const flagship = offered("flagship", "one-process");
  expect(flagship.plan.faults.some(({ kind }) => kind === "incident")).toBe(true);
  expect(flagship.faults.filter(({ kind }) => kind === "incident")).toEqual([]);
});

test("handFaultsOf: what the live lab cannot have is not offered", () => {
  const refuse = () => {
    throw new LabError({ exit: "refused", code: "not_applicable", message: "", hint: "" });
  };
  expect(offered("healthy", "hardened", refuse).faults).toEqual([]);
});
