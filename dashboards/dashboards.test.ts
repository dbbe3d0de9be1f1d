import { readdirSync, readFileSync } from "node:fs";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect, test } from "vitest";
import { builtFiles, dashboards } from "./all.ts";

interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly legendFormat: string;
}

const all = Object.entries(dashboards).map(([name, build]) => [name, build()] as const);
const panelsOf = (dashboard: (typeof all)[number][1]) => (dashboard.panels ?? []).filter(({ type }) => type !== "row") as Panel[];
const chartsOf = (dashboard: (typeof all)[number][1]) => panelsOf(dashboard).filter(({ type }) => type !== "text");
const targetsOf = (panels: readonly Panel[]) => panels.flatMap(({ targets }) => (targets ?? []) as unknown as Target[]);

test("builtFiles: are the JSON and YAML files of this folder, and are what its code builds (else: npm run build:dashboards)", () => {
  const files = readdirSync(new URL(".", import.meta.url)).filter((name) => /\.(json|yml)$/.test(name));
  expect(files.toSorted()).toEqual(Object.keys(builtFiles()).toSorted());
  for (const [name, text] of Object.entries(builtFiles())) expect(readFileSync(new URL(name, import.meta.url), "utf8"), name).toBe(text);
});

test("dashboards: each has a uid and a title of its own, and a link to the others", () => {
  expect(new Set(all.map(([, { uid }]) => uid)).size).toBe(all.length);
  expect(new Set(all.map(([, { title }]) => title)).size).toBe(all.length);
  for (const [name, { links, tags }] of all) expect({ links, tags }, name).toMatchObject({ links: [{ tags: ["blastlab"], type: "dashboards" }], tags: ["blastlab"] });
});

test.each(all)("%s: every panel has a title of its own, a unit, a description and a query", (_, dashboard) => {
  const charts = chartsOf(dashboard);
  expect(charts.length).toBeGreaterThan(10);
  for (const panel of charts) {
    expect(panel, panel.title).toMatchObject({ title: expect.stringMatching(/\S/), description: expect.stringMatching(/\.$/) });
    expect(panel.fieldConfig?.defaults?.unit, panel.title).toMatch(/\S/);
    expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
  }
  expect(new Set(charts.map(({ title, type }) => `${type} ${title}`)).size).toBe(charts.length);
});

test.each(all)("%s: ids and refIds are there and unique, and every series has a name", (_, dashboard) => {
  const ids = (dashboard.panels ?? []).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => typeof id === "number")).toBe(true);
  for (const { targets } of chartsOf(dashboard)) expect(new Set(targets?.map((one) => (one as unknown as Target).refId)).size).toBe(targets?.length);
  expect(targetsOf(chartsOf(dashboard)).filter(({ legendFormat }) => !/\S/.test(legendFormat))).toEqual([]);
});

test.each(all)("%s: no two panels lie on each other, and none leaves the grid", (_, dashboard) => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of dashboard.panels ?? []) {
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

test.each(all)("%s: what is not known has no good colour, and no value is made up", (name, dashboard) => {
  const coloured = chartsOf(dashboard).filter(({ type }) => type === "stat" || type === "state-timeline");
  expect(coloured.length).toBeGreaterThan(3);
  for (const { title, fieldConfig } of coloured) expect(fieldConfig?.defaults?.thresholds?.steps[0], title).toEqual({ value: null, color: "text" });
  for (const { title, fieldConfig } of coloured.filter(({ type }) => type === "stat")) expect(fieldConfig?.defaults?.noValue, title).toBe("no data");
  const madeUp = chartsOf(dashboard).filter((panel) => targetsOf([panel]).some(({ expr }) => /vector\(|absent\(/.test(expr)));
  expect(madeUp.map(({ title }) => title)).toEqual(name === "gateway" ? ["Gateways reporting", "Gateways gone silent"] : []);
});

/** What an expression divides by: from the bracket after ` / ` to the one that closes it, or the rest of it. */
function divisors(expression: string): readonly string[] {
  return [...expression.matchAll(/ \/ /g)].map(({ index }) => {
    const rest = expression.slice(index + 3);
    let depth = 0;
    for (let at = 0; at < rest.length; at++) {
      if (rest[at] === "(") depth++;
      if (rest[at] === ")" && --depth === 0) return rest.slice(0, at + 1);
    }
    return rest;
  });
}

test("divisors: are found in brackets and without", () => {
  expect(divisors("(a or b) / (sum(c) > 0) - 1")).toEqual(["(sum(c) > 0)"]);
  expect(divisors("a / b")).toEqual(["b"]);
});

test.each(all)("%s: no ratio and no quantile divides by nothing", (_, dashboard) => {
  for (const { expr } of targetsOf(chartsOf(dashboard))) {
    for (const divisor of divisors(expr)) expect(divisor, expr).toMatch(/^\(.* > 0\)$/);
    if (expr.includes("histogram_quantile")) expect(expr).toMatch(/ and sum by \([\w, ]+\) \(rate\(\w+_count(\{[^}]*\})?\[\$__rate_interval\]\)\) > 0$/);
  }
});

test.each(all)("%s: says first what it shows, and from where", (_, dashboard) => {
  const first = panelsOf(dashboard)[0] as Panel & { options: { content: string } };
  expect(first.type).toBe("text");
  expect(first.options.content).toMatch(/observer|edge|provider/i);
});

test.each(all)("%s: variables that expressions use are defined, all that are defined are used, and the data source is one of them", (_, dashboard) => {
  const defined = (dashboard.templating?.list ?? []).map(({ name }) => name);
  const used = new Set(targetsOf(chartsOf(dashboard)).flatMap(({ expr }) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name!)).filter((name) => !name.startsWith("__")));
  expect([...used, "datasource"].toSorted()).toEqual(defined.toSorted());
  for (const chart of chartsOf(dashboard)) expect(chart.datasource).toEqual({ type: "prometheus", uid: "${datasource}" });
});
