import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { observerMetricNames } from "../kernel/metric-names.ts";
import { dashboardOf } from "./frame.ts";
import { observerExpressions as expressions } from "./observer-expressions.ts";
import { anyIsBad, badFrom, colors, neutral, note, query, stat, stateTimeline, timeSeries } from "./panels.ts";
import { badShareName } from "./rules.ts";

const about = `**What was true beside what the gateways counted.** The observer measures at the clients and in the providers' logs, and reads the gateways' counters as a person
would. All of this page but one line comes by its own path, so that it stays when gateways and their collector are dead. A *dark* gateway shows nothing while users
are hit; a *lying* one shows good numbers. This is a preview: the verdict judges again with all records (\`verdict.json\` of the run).`;

/** Grafana's dashboard "Blastlab observer against gateway". */
export function observerDashboard(): Dashboard {
  return dashboardOf({
    uid: "blastlab-observer",
    title: "Blastlab observer against gateway",
    description: "What was true beside what the gateways counted.",
    variables: [{ label: "team", title: "Team", metric: observerMetricNames.requests }],
    rows: [
      { title: "What this page is", panels: [note("True, and counted", about), ...headlines(), faults()] },
      { title: "True beside counted", panels: compared() },
      { title: "Who is hit, and how", panels: hit() },
      { title: "Error budget", panels: budget() },
    ],
  });
}

const headlines = () => [
  stat({ title: "Gateways dark", description: "Gateways whose metrics the observer cannot read. No data: nobody observes, or the system shows no metrics.", unit: units.Short, queries: [query(expressions.gatewaysDark, "dark")] }, anyIsBad),
  stat({ title: "Bad, in truth", description: "Requests that were bad for their client, as a share of those that ended.", unit: units.PercentUnit, queries: [query(expressions.badShare, "bad")] }, badFrom(0.01, 0.05)),
  stat({ title: "Failed, as counted", description: "What the gateways' own counters say, probes included.", unit: units.PercentUnit, queries: [query(expressions.countedFailedShare, "failed")] }, badFrom(0.01, 0.05)),
  stat({ title: "Hidden", description: "Bad in truth less failed as counted: what the gateways' own dashboards do not show. Below 0 they count failures that no client saw.", unit: units.PercentUnit, queries: [query(expressions.hiddenShare, "hidden")] }, [{ value: -1, color: colors.green }, { value: 0.01, color: colors.orange }, { value: 0.05, color: colors.red }]),
  stat({ title: "Silent", description: "Bad and delivered as a success: wrong or truncated.", unit: units.PercentUnit, queries: [query(expressions.silentShare, "silent")] }, anyIsBad),
  stat({ title: "Probes bad", description: "The observer's own probes, one a route every 2 s.", unit: units.PercentUnit, queries: [query(expressions.probesBadShare, "bad")] }, badFrom(0.01, 0.2)),
];

const faults = () =>
  stateTimeline({ title: "Faults in force", description: "Faults of the run, as they were injected and lifted. One that is shorter than a scrape may be missing.", unit: units.Short, queries: [query(expressions.faultInForce, "{{fault}} {{kind}}")] }, [
    { value: 0, text: "not in force", color: colors.blue },
    { value: 1, text: "in force", color: colors.red },
  ]);

const compared = () => [
  timeSeries({ title: "Requests", description: "Offered by the open load, ended for their clients, and counted by the gateways, probes included.", unit: units.RequestsPerSecond, queries: [query(expressions.offeredRate, "offered"), query(expressions.endedRate, "ended"), query(expressions.countedRate, "counted")] }),
  timeSeries({ title: "Bad requests", description: "Bad for their client, and failures as counted. A gap in the second is a dark dashboard.", unit: units.RequestsPerSecond, queries: [query(expressions.badRate, "bad in truth"), query(expressions.countedFailureRate, "failed as counted")] }),
  timeSeries({ title: "Attempts at providers", description: "In the providers' logs, and counted by the gateways.", unit: units.RequestsPerSecond, queries: [query(expressions.loggedAttemptRate, "logged"), query(expressions.countedAttemptRate, "counted")] }),
  timeSeries({ title: "First token, p95", description: "From the intended send as clients saw it, and from arrival as the gateways counted it: the time between is queueing that no gateway sees. The gateways' own line is the only one that does not come by the observer's path.", unit: units.Seconds, queries: [query(expressions.firstTokenS, "clients {{route}}"), query(expressions.countedFirstTokenS, "counted {{route}}")] }),
  timeSeries({ title: "Money", description: "US dollars an hour that providers bill, and that the gateways count.", unit: units.Dollars, queries: [query(expressions.billedUsdPerHour, "billed"), query(expressions.countedUsdPerHour, "counted")] }),
  timeSeries({ title: "Amplification", description: "Attempts in the providers' logs for each request that ended.", unit: units.Short, queries: [query(expressions.amplification, "attempts per request")] }),
  timeSeries({ title: "Gateways that can be read", description: "0: every dashboard that asks the gateways is dark.", unit: units.Short, queries: [query(expressions.gatewaysReadable, "gateways")] }),
];

const hit = () => [
  timeSeries({ title: "Requests by judgement", description: "`good`, the cause of a bad one, or `left` by its client on purpose.", unit: units.RequestsPerSecond, queries: [query(expressions.rateByOutcome, "{{outcome}}")] }, { stacked: true }),
  timeSeries({ title: "Bad share by cell", description: "Team, feature and region of the clients; a gap is no traffic.", unit: units.PercentUnit, queries: [query(expressions.badShareByCell, "{{team}}/{{feature}}/{{region}}")] }, { max: 0.05 }),
  timeSeries({ title: "Silent by cell", description: "Wrong or truncated answers that were delivered as a success, a second.", unit: units.CountsPerSecond, queries: [query(expressions.silentRateByCell, "{{team}}/{{feature}}/{{region}}")] }),
  timeSeries({ title: "Bad probes by route", description: "Share of the observer's own probes.", unit: units.PercentUnit, queries: [query(expressions.probesBadShareByRoute, "{{route}}")] }, { max: 0.2 }),
];

/** From the recording rules: what the alerts compare with their limits. */
const budget = () => [
  timeSeries({ title: "Bad share, 5 minutes", description: "Of rules.yml, by whose counts. The page of 1 h and 5 m is raised above 14.4 %.", unit: units.PercentUnit, queries: [query(badShareName("5m"), "{{source}}")] }, { max: 0.05 }),
  timeSeries({ title: "Bad share, 10 seconds", description: "Of rules.yml, by whose counts. A run's alert is raised above 6 %, with the minute.", unit: units.PercentUnit, queries: [query(badShareName("10s"), "{{source}}")] }, { max: 0.05 }),
  stat({ title: "Faults", description: "How many are in force.", unit: units.Short, queries: [query(expressions.faultsInForce, "faults")] }, neutral),
];
