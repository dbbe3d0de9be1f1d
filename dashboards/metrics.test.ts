import type { AnnotationQuery, Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect, test } from "vitest";
import * as names from "../kernel/metric-names.ts";
import { describedMetrics } from "../test/support/metric-tables.ts";
import { metricUses } from "../test/support/promql.ts";
import { dashboards } from "./all.ts";
import { alertExpression, alertRules, recordingRules } from "./rules.ts";

/**
 * What the parts declare. Each page's tables are held to what its part really exposes, by a test beside that part: a
 * metric that is renamed there changes its page, and fails here.
 */
const declared = new Map(["observability.md", "metrics.md", "edge.md", "control-plane.md", "vault.md"].flatMap((page) => [...describedMetrics(page)]));

/** A piece of text that asks Prometheus, and where it stands. */
interface Asked {
  readonly where: string;
  readonly expression: string;
}

const inPanels = (name: string, dashboard: Dashboard): readonly Asked[] =>
  ((dashboard.panels ?? []) as Panel[]).flatMap(({ title, targets }) => (targets ?? []).map((target) => ({ where: `${name}, panel "${title}"`, expression: (target as unknown as { expr: string }).expr })));

const inAnnotations = (name: string, dashboard: Dashboard): readonly Asked[] =>
  (dashboard.annotations?.list ?? []).flatMap(({ name: title, expr }: AnnotationQuery) => (expr === undefined ? [] : [{ where: `${name}, annotation "${title}"`, expression: expr }]));

/** `label_values(metric, label)` as the expression `metric{label=~"$x"}`. */
const inVariables = (name: string, dashboard: Dashboard): readonly Asked[] =>
  (dashboard.templating?.list ?? []).flatMap(({ name: variable, query }) => {
    const [, metric, label] = /^"label_values\((\w+), (\w+)\)"$/.exec(JSON.stringify(query)) ?? [];
    return metric === undefined ? [] : [{ where: `${name}, variable "${variable}"`, expression: `${metric}{${label}=~"$x"}` }];
  });

const built = Object.entries(dashboards).map(([name, build]) => [name, build()] as const);
const asked: readonly Asked[] = [
  ...built.flatMap(([name, dashboard]) => [...inPanels(name, dashboard), ...inAnnotations(name, dashboard), ...inVariables(name, dashboard)]),
  ...recordingRules.map(({ record, expr, labels }) => ({ where: `rules, record "${record}" of ${labels["source"]}`, expression: expr })),
  ...alertRules.map((rule) => ({ where: `rules, alert "${rule.alert}"`, expression: alertExpression(rule) })),
];

/**
 * What is asked for and not declared, with where: a metric, or a label of one. A histogram is asked for by its series.
 */
function undeclared(questions: readonly Asked[], known: typeof declared): readonly string[] {
  return questions.flatMap(({ where, expression }) =>
    metricUses(expression).flatMap(({ metric, labels }) => {
      const found = known.get(metric) ?? histogramOf(metric, known);
      if (found === undefined) return [`${where}: no part exposes ${metric}`];
      return labels.filter((label) => label !== "le" && !found.labels.includes(label)).map((label) => `${where}: ${metric} has no label ${label}`);
    }),
  );
}

function histogramOf(metric: string, known: typeof declared) {
  const found = known.get(metric.replace(/_(bucket|count|sum)$/, ""));
  return found?.type === "histogram" ? found : undefined;
}

test("expressions: every metric and label of every panel, variable, annotation, record and alert is exposed by a part", () => {
  expect(asked.length).toBeGreaterThan(150);
  expect(undeclared(asked, declared)).toEqual([]);
});

test("expressions: a metric that is renamed is found, with the panel that asks for it, and so is a label", () => {
  const renamed = new Map([...declared].filter(([name]) => name !== names.metricNames.retryBudget));
  expect(undeclared(asked, renamed)).toEqual([`gateway, panel "Retry budget": no part exposes ${names.metricNames.retryBudget}`]);
  const relabelled = new Map([...declared, [names.vaultMetricNames.sealed, { type: "gauge", labels: ["zone"] }] as const]);
  expect(undeclared(asked, relabelled)).toContain(`regions, panel "Vaults sealed": ${names.vaultMetricNames.sealed} has no label region`);
  expect(undeclared([{ where: "x", expression: `${names.metricNames.inFlight}_bucket` }], declared)).toEqual([`x: no part exposes ${names.metricNames.inFlight}_bucket`]);
});

test("expressions: every expression asks for something, recorded series included", () => {
  const recorded = new Set(recordingRules.map(({ record }) => record));
  for (const { where, expression } of asked) {
    const records = expression.match(/blastlab:[\w:]+/g) ?? [];
    expect(metricUses(expression).length + records.length, `${where}: ${expression}`).toBeGreaterThan(0);
    expect(records.filter((record) => !recorded.has(record)), where).toEqual([]);
  }
});

test("expressions: every metric of the observer, the edge, the control planes and the vaults is on a dashboard", () => {
  const shown = new Set(asked.filter(({ where }) => !where.startsWith("rules")).flatMap(({ expression }) => metricUses(expression).map(({ metric }) => metric.replace(/_(bucket|count|sum)$/, ""))));
  const families = [names.observerMetricNames, names.countedMetricNames, names.edgeMetricNames, names.controlMetricNames, names.vaultMetricNames, names.packageMetricNames];
  expect(families.flatMap((family) => Object.values<string>(family)).filter((name) => !shown.has(name))).toEqual([]);
});
