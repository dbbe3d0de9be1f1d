import path from "node:path";
import { expect, test } from "vitest";
import { alarmMetricNames, controlMetricNames, countedMetricNames, edgeMetricNames, metricNames, observerMetricNames, vaultMetricNames } from "../kernel/metric-names.ts";
import { prometheusNote, prometheusTools, promtoolCheck, promtoolTest, type PromqlCase } from "../test/support/prometheus.ts";
import { alertRules, badShareName, objective, recordingRules } from "./rules.ts";

const file = path.join(import.meta.dirname, "rules.yml");

const promql = test.skipIf(prometheusTools === null);
const holds = (...cases: readonly PromqlCase[]) => promtoolTest(prometheusTools!, cases, [file]);

const firing = 'count by (alertname, source, long) (ALERTS{alertstate="firing"})';

/** Which alerts fire at a time: name, source and long window of each. */
const fires = (at: string, ...alerts: readonly string[]) => ({ expression: firing, at, samples: alerts.map((labels) => ({ labels: `{${labels}}`, value: 1 })) });
const burn = (source: string, long: string) => `alertname="BlastlabBudgetBurn", long="${long}", source="${source}"`;
const named = (name: string) => `alertname="${name}"`;

const observed = (outcome: string) => `${observerMetricNames.requests}{team="a",feature="f",region="r",outcome="${outcome}"}`;
const counted = (outcome: string) => `${metricNames.requests}{route="r",team="a",feature="f",outcome="${outcome}"}`;

/** At each scrape so many of 1,000 new requests are bad, as `steps` of [scrapes, bad] say. */
function scrapes(...steps: readonly (readonly [count: number, bad: number])[]): { readonly good: string; readonly bad: string } {
  const series = (added: (bad: number) => number) => {
    let value = 0;
    return ["0", ...steps.map(([count, bad]) => {
      const from = value + added(bad);
      value += added(bad) * count;
      return `${from}+${added(bad)}x${count - 1}`;
    })].join(" ");
  };
  return { good: series((bad) => 1_000 - bad), bad: series((bad) => bad) };
}

/** As seldom as the shortest of a pager's windows allows: promtool evaluates all rules at each scrape. */
const every = "2m";

const byObserver = ({ good, bad }: ReturnType<typeof scrapes>) => ({ [observed("good")]: good, [observed("error")]: bad });
const byGateway = ({ good, bad }: ReturnType<typeof scrapes>) => ({ [counted("success")]: good, [counted("failure")]: bad });

promql(`rules.yml: promtool takes it${prometheusNote}`, async () => {
  expect(await promtoolCheck(prometheusTools!, "rules", file)).toContain(`SUCCESS: ${alertRules.length + recordingRules.length} rules found`);
});

promql(`rules: a fast burn pages by whoever counts it, and by nobody who counts successes${prometheusNote}`, async () => {
  const series = { ...byObserver(scrapes([50, 200])), ...byGateway(scrapes([50, 0])) };
  await holds({ every, series, expected: [fires("90m", burn("observer", "1h"), burn("observer", "6h"), burn("observer", "1d"), burn("observer", "3d"))] });
});

promql(`rules: just above the limit the page is raised, just below it is not${prometheusNote}`, async () => {
  const slower = [burn("gateway", "6h"), burn("gateway", "1d"), burn("gateway", "3d")];
  await holds(
    { every, series: byGateway(scrapes([50, 145])), expected: [fires("90m", burn("gateway", "1h"), ...slower)] },
    { every, series: byGateway(scrapes([50, 143])), expected: [fires("90m", ...slower)] },
  );
});

promql(`rules: once a burn is over its page ends with the short window, while the long one still burns${prometheusNote}`, async () => {
  const series = byGateway(scrapes([180, 0], [20, 300], [10, 0]));
  const longBurns = { expression: `${badShareName("1h")}{source="gateway"} > bool 0.144`, at: "410m", samples: [{ labels: '{source="gateway"}', value: 1 }] };
  await holds({ every, series, expected: [fires("400m", burn("gateway", "1h"), burn("gateway", "3d")), longBurns, fires("410m", burn("gateway", "3d"))] });
});

promql(`rules: a short burst that costs little pages nobody${prometheusNote}`, async () => {
  const series = byGateway(scrapes([300, 0], [2, 900]));
  await holds({ every, series, expected: [{ expression: `${badShareName("5m")}{source="gateway"} > bool 0.144`, at: "604m", samples: [{ labels: '{source="gateway"}', value: 1 }] }, fires("604m")] });
});

promql(`rules: a slow burn of 1.5 times the budget is a ticket, and no page${prometheusNote}`, async () => {
  const series = byGateway(scrapes([80, 1_000 * (1 - objective) * 1.5]));
  await holds({ every: "1h", series, expected: [fires("78h", burn("gateway", "3d"))] });
});

promql(`rules: without traffic, and without an observer, nothing is recorded and nothing fires${prometheusNote}`, async () => {
  const nothing = { expression: '{__name__=~"blastlab:.*"}', at: "60m", samples: [] };
  await holds({ every, series: {}, expected: [nothing, fires("60m")] }, { every, series: { ...byGateway({ good: "7x35", bad: "3x35" }), ...byObserver({ good: "7x35", bad: "3x35" }) }, expected: [nothing, fires("60m")] });
});

promql(`rules: no bad request is a share of 0, also where its counter is not there yet${prometheusNote}`, async () => {
  const share = (source: string) => ({ expression: `${badShareName("5m")}{source="${source}"}`, at: "60m", samples: [{ labels: `${badShareName("5m")}{source="${source}"}`, value: 0 }] });
  await holds({ every, series: { [counted("success")]: "0+100x35", [observed("good")]: "0+100x35" }, expected: [share("gateway"), share("observer"), fires("60m")] });
});

promql(`rules: a run of minutes has an alert of its own, within seconds, that ends as fast${prometheusNote}`, async () => {
  const series = { [counted("success")]: "0+20x100", [counted("failure")]: "0x30 4+4x29 120x40" };
  const runAlerts = (at: string, ...sources: readonly string[]) => ({ expression: 'count by (source) (ALERTS{alertname="BlastlabRunBudgetBurn",alertstate="firing"})', at, samples: sources.map((source) => ({ labels: `{source="${source}"}`, value: 1 })) });
  await holds({ every: "2s", series, expected: [runAlerts("60s"), runAlerts("90s", "gateway"), runAlerts("118s", "gateway"), runAlerts("140s")] });
});

promql(`rules: gateways that are dark or hide what is bad, silent answers and broken contracts have alerts${prometheusNote}`, async () => {
  const dark = (readable: string) => ({ [countedMetricNames.gateways]: "2x60", [countedMetricNames.readable]: readable });
  const lying = (at: string, ...values: readonly number[]) => ({ expression: 'count(ALERTS{alertname="BlastlabGatewayCountsLess",alertstate="firing"})', at, samples: values.map((value) => ({ labels: "{}", value })) });
  await holds(
    { series: dark("2x60"), expected: [fires("2m")] },
    { series: { ...byObserver(scrapes([10, 0], [14, 200])), ...byGateway(scrapes([24, 0])) }, expected: [lying("50s"), lying("2m", 1)] },
    { series: dark("2x10 0x50"), expected: [fires("50s"), fires("2m", named("BlastlabGatewaysDark"))] },
    { series: dark("2x10 1x50"), expected: [fires("2m")] },
    { series: { [`${observerMetricNames.silent}{team="a"}`]: "0x10 0+1x50" }, expected: [fires("50s"), fires("2m", named("BlastlabSilentAnswers"))] },
    { series: { [`${alarmMetricNames.contractBreaches}{deployment="d"}`]: "0x10 1x50" }, expected: [fires("45s"), fires("2m", named("BlastlabContractBroken"))] },
  );
});

promql(`rules: the last region, data planes that are silent or behind, and sealed vaults have alerts${prometheusNote}`, async () => {
  const share = (region: string) => `${edgeMetricNames.replicaShare}{replica="${region}1",region="${region}"}`;
  const plane = (metric: string) => `${metric}{region="a",plane="p1"}`;
  await holds(
    { series: { [share("a")]: "1x60", [share("b")]: "1x10 0x50" }, expected: [fires("50s"), fires("2m", named("BlastlabLastRegion"))] },
    { series: { [share("a")]: "1x60" }, expected: [fires("2m")] },
    { series: { [plane(controlMetricNames.reportAge)]: "1x10 31x50" }, expected: [fires("50s"), fires("2m", named("BlastlabPlaneSilent"))] },
    { series: { [plane(controlMetricNames.onActive)]: "1x10 0x120" }, expected: [fires("5m"), fires("7m", named("BlastlabPlaneBehind"))] },
    { series: { [`${vaultMetricNames.sealed}{region="a"}`]: "0x10 1x50" }, expected: [fires("1m"), fires("3m", named("BlastlabVaultSealed"))] },
  );
});

test("alertRules: each has a summary, a severity, and a name that others share only where its windows or its source differ", () => {
  for (const { alert, summary, labels } of alertRules) {
    expect(summary, alert).toMatch(/^(\{\{|[A-Z]).*\.$/);
    expect(labels["severity"], alert).toMatch(/^(page|ticket|info)$/);
  }
  const keys = alertRules.map(({ alert, labels }) => JSON.stringify([alert, labels]));
  expect(new Set(keys).size).toBe(keys.length);
});
