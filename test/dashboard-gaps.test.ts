import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect, test } from "vitest";
import { dashboards } from "../dashboards/all.ts";
import { expressions } from "../dashboards/expressions.ts";
import { accountMetricNames, alarmMetricNames, answerMetricNames, metricNames } from "../kernel/metric-names.ts";
import { metricUses } from "./support/promql.ts";
import { prometheusNote, prometheusTools, promtoolTest, type ExpectedSample, type PromqlCase } from "./support/prometheus.ts";

/** As Grafana fills it in, with all routes, teams, deployments and regions. */
const filledIn = (expression: string) => expression.replaceAll("$__rate_interval", "20s").replaceAll(/\$(route|team|deployment|region)\b/g, ".*");

const flat = Object.entries(expressions).map(([name, of]) => [name, filledIn(typeof of === "function" ? of(0.95) : of)] as const);
const expressionOf = (wanted: keyof typeof expressions) => flat.find(([name]) => name === wanted)![1];
const gives = (name: keyof typeof expressions, ...samples: readonly ExpectedSample[]) => ({ expression: expressionOf(name), samples });
const isRatio = ([, expression]: readonly [string, string]) => expression.includes(" / ") || expression.includes("histogram_quantile");

/** One gateway with one route, counters as `values` has them. */
const gateway = (values: string, failures: string): Record<string, string> => ({
  [metricNames.inFlight]: "0x70",
  [`${metricNames.requests}{route="chat",team="a",feature="f",outcome="success"}`]: values,
  [`${metricNames.requests}{route="chat",team="a",feature="f",outcome="failure"}`]: failures,
  [`${metricNames.attempts}{deployment="d",outcome="success"}`]: values,
  [`${answerMetricNames.cache}{route="chat",team="a",status="miss",kind="none"}`]: values,
  ...Object.fromEntries([metricNames.firstToken, metricNames.requestDuration].flatMap((name) => [...["1", "+Inf"].map((le) => [`${name}_bucket{route="chat",le="${le}"}`, values]), [`${name}_count{route="chat"}`, values]])),
});

const promql = test.skipIf(prometheusTools === null);
const holds = (...cases: readonly PromqlCase[]) => promtoolTest(prometheusTools!, cases);

promql(`expressions: where no gateway reports, nothing is shown but that none does${prometheusNote}`, async () => {
  const dark = (series: Record<string, string>, shown: Record<string, number>) => ({ series, expected: flat.map(([name, expression]) => ({ expression, samples: Object.hasOwn(shown, name) ? [{ labels: "{}", value: shown[name]! }] : [] })) });
  const gone = { ...gateway("0+9x5 stale", "0+1x5 stale"), [metricNames.inFlight]: "3x5 stale", [accountMetricNames.storeLocal]: "0x5 stale", [`${metricNames.breakerState}{deployment="d",state="open"}`]: "0x5 stale" };
  await holds(dark({}, { gatewaysReporting: 0 }), dark(gone, { gatewaysReporting: 0, gatewaysSilent: 1 }));
});

promql(`expressions: ratios and quantiles are a gap without traffic, and never NaN${prometheusNote}`, async () => {
  const ratios = flat.filter(isRatio);
  expect(ratios.map(([name]) => name)).toEqual(["failedShare", "failedShareByRoute", "failedShareByTeam", "attemptFailedShare", "amplification", "firstTokenS", "durationS", "cacheHitShare"]);
  await holds({ series: gateway("7x70", "2x70"), expected: ratios.map(([, expression]) => ({ expression, samples: [] })) });
});

promql(`expressions: with traffic, what never happened is 0${prometheusNote}`, async () => {
  const series = { ...gateway("0+10x70", "0x70"), [`${alarmMetricNames.contractBreaches}{deployment="d"}`]: "0x70" };
  const ofRoute = '{route="chat"}';
  await holds({
    series,
    expected: [
      gives("failedShare", { labels: "{}", value: 0 }),
      gives("failedShareByRoute", { labels: ofRoute, value: 0 }),
      gives("amplification", { labels: "{}", value: 1 }),
      gives("firstTokenS", { labels: ofRoute, value: 0.95 }),
      gives("contractBreachRate", { labels: '{deployment="d"}', value: 0 }),
    ],
  });
});

promql(`expressions: the first alarm has a rate, because its counter was there before${prometheusNote}`, async () => {
  await holds({ series: { [`${alarmMetricNames.contractBreaches}{deployment="d"}`]: "0x58 1x10" }, expected: [gives("contractBreachRate", { labels: '{deployment="d"}', value: 0.05 })] });
});

promql(`expressions: one gateway of two that goes dark is shown${prometheusNote}`, async () => {
  const one = (name: string) => `${metricNames.inFlight}{instance="${name}"}`;
  const silent = (values: string, count: number) => ({ series: { [one("a")]: "0x70", [one("b")]: values }, expected: [gives("gatewaysSilent", { labels: "{}", value: count })] });
  await holds(silent("0x70", 0), silent("0x5 stale", 1));
});

promql(`expressions: limits are counted by the shared store only where a gateway reports one${prometheusNote}`, async () => {
  const counted = (series: Record<string, string>, value: number) => ({ series: { [metricNames.inFlight]: "4x70", ...series }, expected: [gives("storeLocal", { labels: "{}", value })] });
  const one = (name: string) => `${accountMetricNames.storeLocal}{instance="${name}"}`;
  await holds(counted({}, -1), counted({ [one("a")]: "0x70" }, 0), counted({ [one("a")]: "0x70", [one("b")]: "1x70" }, 1));
});

/** Of every dashboard but the gateway's own, whose cases are above. */
const others = Object.entries(dashboards)
  .filter(([name]) => name !== "gateway")
  .flatMap(([, build]) => ((build().panels ?? []) as Panel[]).flatMap(({ targets }) => (targets ?? []).map((target) => filledIn((target as unknown as { expr: string }).expr))));

promql(`dashboards: without any metric nothing is shown${prometheusNote}`, async () => {
  await holds({ series: {}, expected: others.map((expression) => ({ expression, samples: [] })) });
});

promql(`dashboards: without traffic ratios and quantiles are gaps, and never NaN${prometheusNote}`, async () => {
  const named = new Set(others.flatMap((expression) => metricUses(expression).map(({ metric }) => metric)));
  const labels = 'team="a",feature="f",region="r",route="x",deployment="d",outcome="good",le="+Inf",replica="p",end="ok",gen_ai_provider_name="o",gen_ai_request_model="m"';
  const still = Object.fromEntries([...named].filter((name) => /_(total|bucket|count|sum)$/.test(name)).map((name) => [`${name}{${labels}}`, "7x70"]));
  const ratios = others.filter((expression) => expression.includes(" / ") || expression.includes("histogram_quantile"));
  expect(ratios.length).toBeGreaterThan(20);
  await holds({ series: still, expected: ratios.map((expression) => ({ expression, samples: [] })) });
});

promql(`promtoolTest: another value is found${prometheusNote}`, async () => {
  await expect(holds({ series: {}, expected: [gives("gatewaysReporting", { labels: "{}", value: 1 })] })).rejects.toThrow(/promtool|FAILED/);
});
