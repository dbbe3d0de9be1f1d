import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { observerMetricNames } from "../kernel/metric-names.ts";
import { costExpressions as expressions } from "./cost-expressions.ts";
import { dashboardOf } from "./frame.ts";
import { anyIsBad, badFrom, neutral, note, query, stat, timeSeries } from "./panels.ts";

const about = `What each team's requests cost. **Billed** is what providers can bill by their own logs, also for what nobody received; **counted** is what the gateways charge the
team. Where the two differ, a team pays for another one's requests, or nobody pays. A probe of the observer is billed to the team of the first cell of its route.`;

/** Grafana's dashboard "Blastlab cost by team". */
export function costDashboard(): Dashboard {
  return dashboardOf({
    uid: "blastlab-cost",
    title: "Blastlab cost by team",
    description: "What providers bill beside what the gateways count.",
    variables: [{ label: "team", title: "Team", metric: observerMetricNames.requests }],
    rows: [
      { title: "What this page is", panels: [note("Billed, and counted", about), ...headlines()] },
      { title: "By team", panels: byTeam() },
      { title: "By deployment", panels: byDeployment() },
    ],
  });
}

const headlines = () => [
  stat({ title: "Billed", description: "US dollars an hour, by the providers' logs.", unit: units.Dollars, queries: [query(expressions.billedUsdPerHour, "billed")] }, neutral),
  stat({ title: "Counted", description: "US dollars an hour, by the gateways.", unit: units.Dollars, queries: [query(expressions.countedUsdPerHour, "counted")] }, neutral),
  stat({ title: "Counted too much", description: "What the gateways count above what is billed, as a share of it; below 0 they count too little.", unit: units.PercentUnit, queries: [query(expressions.overcounted, "too much")] }, [{ value: -10, color: "red" }, { value: -0.02, color: "green" }, { value: 0.02, color: "red" }]),
  stat({ title: "Paid for nothing", description: "Share of what was counted that went for attempts which delivered no answer.", unit: units.PercentUnit, queries: [query(expressions.failedUsdShare, "failed")] }, badFrom(0.02, 0.1)),
  stat({ title: "1,000 good requests", description: "US dollars billed for each 1,000 requests that were good by the observer.", unit: units.Dollars, queries: [query(expressions.usdPer1000Good, "for 1,000")] }, neutral),
  stat({ title: "Without a price", description: "Billed attempts a second whose model has no price: no sum here includes them.", unit: units.CountsPerSecond, queries: [query(expressions.unpricedRate, "unpriced")] }, anyIsBad),
];

const byTeam = () => [
  timeSeries({ title: "Billed by team", description: "US dollars an hour, by the providers' logs. `unplanned`: no client of the run sent it.", unit: units.Dollars, queries: [query(expressions.billedByTeam, "{{team}}")] }, { stacked: true }),
  timeSeries({ title: "Counted by team and feature", description: "US dollars an hour, by the gateways.", unit: units.Dollars, queries: [query(expressions.countedByTeam, "{{team}}/{{feature}}")] }, { stacked: true }),
  timeSeries({ title: "Counted too much, by team", description: "0: as billed. 0.1: a tenth more. A gap: nothing is billed, or nothing counted.", unit: units.PercentUnit, queries: [query(expressions.overcountedByTeam, "{{team}}")] }, { min: null }),
  timeSeries({ title: "1,000 good requests, by team", description: "US dollars billed for each 1,000 good requests: it rises with retries, lost caches and failures.", unit: units.Dollars, queries: [query(expressions.usdPer1000GoodByTeam, "{{team}}")] }),
  timeSeries({ title: "Tokens by team and kind", description: "Billed tokens a second, as the gateways counted them.", unit: units.CountsPerSecond, queries: [query(expressions.tokenRateByKind, "{{team}} {{kind}}")] }, { stacked: true }),
  timeSeries({ title: "Answered from the cache, by team", description: "Share of the look-ups: what costs nothing.", unit: units.PercentUnit, queries: [query(expressions.cacheHitShareByTeam, "{{team}}")] }, { max: 1 }),
  timeSeries({ title: "Counted, as the observer read it", description: "US dollars an hour from the gateways' own counters, by the observer's path: gaps are times in which no gateway could be read.", unit: units.Dollars, queries: [query(expressions.readByTeam, "{{team}}")] }, { stacked: true }),
];

const byDeployment = () => [
  timeSeries({ title: "Billed by deployment", description: "US dollars an hour, by the providers' logs.", unit: units.Dollars, queries: [query(expressions.billedByDeployment, "{{deployment}}")] }, { stacked: true }),
  timeSeries({ title: "Counted by deployment and leg", description: "US dollars an hour. `failed` is what was paid for attempts that delivered no answer.", unit: units.Dollars, queries: [query(expressions.countedByLeg, "{{deployment}} {{leg}}")] }, { stacked: true }),
];
