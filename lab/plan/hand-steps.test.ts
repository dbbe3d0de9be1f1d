import { expect, test } from "vitest";
import { handStepsOf } from "./hand-steps.ts";
import { resolveRun } from "./resolve-run.ts";

function offered(scenario: string, stack: string) {
  const { plan, inputs } = resolveRun({ scenario, stack, sets: [] });
  return handStepsOf(inputs, plan).map(({ on, off }) => [on.settings.team, on.settings.turn, off.settings.turn, on.settings.routes]);
}

test("handStepsOf: every team of the scenario, where the stack has a bypass", () => {
  expect(offered("healthy", "one-process")).toEqual([["support", "on", "off", { assistant: "primary" }], ["search", "on", "off", { assistant: "primary" }]]);
  expect(offered("healthy", "naive")).toEqual([]);
});

test("handStepsOf: a team that the scenario's own operator leads past the gateways is left out", () => {
  expect(offered("break-glass-drill", "one-process")).toEqual([]);
});
