import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect, test } from "vitest";
import { accountMetricNames, alarmMetricNames, answerMetricNames, metricNames } from "../kernel/metric-names.ts";
import { gatewayDashboard } from "./gateway.ts";

const panels = (gatewayDashboard().panels ?? []).filter(({ type }) => type !== "row") as Panel[];
const targets = panels.flatMap(({ targets }) => (targets ?? []) as unknown as { expr: string }[]);

test("gatewayDashboard: asks for every metric of the kernel, and for no other", () => {
  const asked = new Set(targets.flatMap(({ expr }) => [...expr.matchAll(/\bblastlab_\w+/g)].map(([name]) => name.replace(/_(bucket|count)$/, ""))));
  expect(asked).toEqual(new Set([metricNames, accountMetricNames, answerMetricNames, alarmMetricNames].flatMap((names) => Object.values<string>(names))));
});

test("gatewayDashboard: no gateway that reports is shown as DARK, in red", () => {
  const reporting = panels.find(({ title }) => title === "Gateways reporting");
  expect(JSON.stringify(reporting?.fieldConfig?.defaults?.mappings)).toContain('"DARK","color":"red"');
});

test("gatewayDashboard: starts with a note that the observer's verdict is the truth", () => {
  const first = panels[0] as Panel & { options: { content: string } };
  expect(first.type).toBe("text");
  expect(first.options.content).toContain("**The observer's verdict is the truth**");
});
