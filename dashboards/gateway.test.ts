import { readFileSync } from "node:fs";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect, test } from "vitest";
import { accountMetricNames, alarmMetricNames, answerMetricNames, metricNames } from "../kernel/metric-names.ts";
import { gatewayDashboard } from "./gateway.ts";
import { dashboardText } from "./text.ts";

const panels = (gatewayDashboard().panels ?? []).filter(({ type }) => type !== "row") as Panel[];
const charts = panels.filter(({ type }) => type !== "text");
const targets = charts.flatMap(({ targets }) => (targets ?? []) as unknown as { expr: string; refId: string; legendFormat: string }[]);

test("gateway.json: is what gateway.ts builds (else: npm run build:dashboards)", () => {
  expect(readFileSync(new URL("gateway.json", import.meta.url), "utf8")).toBe(dashboardText(gatewayDashboard()));
});

test("gatewayDashboard: every panel has a title of its own in its row, a unit, a description and a query", () => {
  for (const panel of charts) {
    expect(panel, panel.title).toMatchObject({ title: expect.stringMatching(/\S/), description: expect.stringMatching(/\.$/) });
    expect(panel.fieldConfig?.defaults?.unit, panel.title).toMatch(/\S/);
    expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
  }
  expect(new Set(charts.map(({ title, type }) => `${type} ${title}`)).size).toBe(charts.length);
});

test("gatewayDashboard: ids and refIds are there and unique, and every series has a name", () => {
  const ids = (gatewayDashboard().panels ?? []).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => typeof id === "number")).toBe(true);
  for (const { targets } of charts) expect(new Set(targets?.map((one) => (one as unknown as { refId: string }).refId)).size).toBe(targets?.length);
  expect(targets.filter(({ legendFormat }) => !/\S/.test(legendFormat))).toEqual([]);
});

test("gatewayDashboard: no two panels lie on each other, and none leaves the grid", () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of gatewayDashboard().panels ?? []) {
    const { x, y, w, h } = gridPos!;
    expect(x + w, title).toBeLessThanOrEqual(24);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        expect(taken.get(`${column},${line}`), `${title} at ${column},${line}`).toBeUndefined();
        taken.set(`${column},${line}`, title!);
      }
    }
  }
});

test("gatewayDashboard: asks for every metric of the kernel, and for no other", () => {
  const asked = new Set(targets.flatMap(({ expr }) => [...expr.matchAll(/\bblastlab_\w+/g)].map(([name]) => name.replace(/_(bucket|count)$/, ""))));
  expect(asked).toEqual(new Set([metricNames, accountMetricNames, answerMetricNames, alarmMetricNames].flatMap((names) => Object.values<string>(names))));
});

test("gatewayDashboard: what is not known has no good colour, and no query but those that count gateways makes up a value", () => {
  const coloured = charts.filter(({ type }) => type === "stat" || type === "state-timeline");
  expect(coloured.length).toBeGreaterThan(6);
  for (const { title, fieldConfig } of coloured) expect(fieldConfig?.defaults?.thresholds?.steps[0], title).toEqual({ value: null, color: "text" });
  const madeUp = charts.filter((panel) => (panel.targets ?? []).some((target) => JSON.stringify(target).includes("vector(")));
  expect(madeUp.map(({ title }) => title)).toEqual(["Gateways reporting", "Gateways gone silent"]);
  expect(JSON.stringify(madeUp[0]!.fieldConfig?.defaults?.mappings)).toContain('"DARK","color":"red"');
});

test("gatewayDashboard: no ratio and no quantile divides by nothing", () => {
  for (const { expr } of targets) {
    for (const [, after] of expr.matchAll(/ \/ (.*)/g)) expect(after, expr).toMatch(/^\(.* > 0\)$/);
    if (expr.includes("histogram_quantile")) expect(expr).toMatch(/ and sum by \(route\) \(rate\(\w+_count\{[^}]*\}\[\$__rate_interval\]\)\) > 0$/);
  }
});

test("gatewayDashboard: says first that it shows a belief and that the observer's verdict is the truth", () => {
  const first = panels[0] as Panel & { options: { content: string } };
  expect(first.type).toBe("text");
  expect(first.options.content).toContain("**The observer's verdict is the truth**");
});

test("gatewayDashboard: variables that expressions use are defined, and the data source is one of them", () => {
  const defined = new Set((gatewayDashboard().templating?.list ?? []).map(({ name }) => name));
  const used = new Set(targets.flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name!)).filter((name) => !name.startsWith("__")));
  expect(used).toEqual(new Set(["route", "team", "deployment"]));
  expect([...used, "datasource"].filter((name) => !defined.has(name))).toEqual([]);
  for (const chart of charts) expect(chart.datasource).toEqual({ type: "prometheus", uid: "${datasource}" });
});
