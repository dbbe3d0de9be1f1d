import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { metricNames } from "../kernel/metric-names.ts";
import { expressions } from "./expressions.ts";
import { dashboardOf } from "./frame.ts";
import { colors, note, stat, stateTimeline, timeSeries, valueTexts } from "./panels.ts";

const warning = `Everything below is what the gateway counted. A sick gateway can show good numbers: it counts a wrong answer as a success, a stream that it
never finished as delivered, and it does not show what it does not count.

**The observer's verdict is the truth**: it measures at the clients and at the providers and never asks the gateway (\`verdict.json\` of the run,
or \`blastlab verdict RUN_DIR\`). Where this page and the verdict differ, the difference is the finding: a *dark* dashboard shows
nothing while users are hit, a *lying* one shows good numbers.`;

const { green, orange, red } = colors;

/**
 * Grafana's dashboard "Blastlab gateway": what the gateway counted, from `kernel/metric-names.ts` alone. The same value
 * on every call.
 */
export function gatewayDashboard(): Dashboard {
  return dashboardOf({
    uid: "blastlab-gateway",
    title: "Blastlab gateway",
    description: "What the reference gateway counted. The observer's verdict is the truth.",
    variables: [
      { label: "route", title: "Route", metric: metricNames.requests },
      { label: "team", title: "Team", metric: metricNames.requests },
      { label: "deployment", title: "Deployment", metric: metricNames.attempts },
    ],
    rows: rows(),
  });
}

const rows = () => [
  { title: "What this page is", panels: [note("What the gateway counted, not what users got", warning), ...headlines()] },
  { title: "Traffic and outcomes", panels: traffic() },
  { title: "Latency", panels: latency() },
  { title: "Providers", panels: providers() },
  { title: "Cache and guards", panels: cacheAndGuards() },
  { title: "Limits and cost", panels: limitsAndCost() },
];

const headlines = () => [
  stat({ title: "Gateways reporting", description: "Gateway processes whose metrics arrive. 0: the dashboard is dark, whatever users see.", unit: units.Short, queries: [{ expression: expressions.gatewaysReporting, legend: "gateways" }] }, [{ value: 0, color: red }, { value: 1, color: green }], [valueTexts([{ value: 0, text: "DARK", color: red }])]),
  stat({ title: "Requests", description: "Client requests that ended, a second.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.requestRate, legend: "requests" }] }, [{ value: 0, color: "blue" }]),
  stat({ title: "Failed, as counted", description: "Failures and rejections among the requests that ended. A client that left counts as neither.", unit: units.PercentUnit, queries: [{ expression: expressions.failedShare, legend: "failed" }] }, [{ value: 0, color: green }, { value: 0.01, color: orange }, { value: 0.05, color: red }]),
  stat({ title: "Amplification", description: "Attempts at providers for each client request, over all routes. 1 is a healthy day.", unit: units.Short, queries: [{ expression: expressions.amplification, legend: "attempts per request" }] }, [{ value: 0, color: green }, { value: 1.2, color: orange }, { value: 2, color: red }]),
  stat({ title: "Gateways gone silent", description: "Gateway processes that reported within the past hour and report no longer: a part of this page is dark.", unit: units.Short, queries: [{ expression: expressions.gatewaysSilent, legend: "gateways" }] }, [{ value: 0, color: green }, { value: 1, color: red }]),
  stat({ title: "Breakers open", description: "Deployments that the gateway does not ask.", unit: units.Short, queries: [{ expression: expressions.breakersOpen, legend: "open" }] }, [{ value: 0, color: green }, { value: 1, color: red }]),
];

const traffic = () => [
  timeSeries({ title: "Requests by outcome", description: "By the gateway's own judgement.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.requestRateByOutcome, legend: "{{outcome}}" }] }, { stacked: true }),
  timeSeries({ title: "In flight", description: "Rises when providers slow down, before any deadline is reached.", unit: units.Short, queries: [{ expression: expressions.inFlight, legend: "in flight" }] }),
  timeSeries({ title: "Requests by route and outcome", description: "A client's route that the gateway does not know is `unknown`.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.requestRateByRoute, legend: "{{route}} {{outcome}}" }] }),
  timeSeries({ title: "Requests by team and outcome", description: "Who is hit.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.requestRateByTeam, legend: "{{team}} {{outcome}}" }] }),
  timeSeries({ title: "Failed share by route, as counted", description: "Failures and rejections among the requests that ended; a gap is no traffic.", unit: units.PercentUnit, queries: [{ expression: expressions.failedShareByRoute, legend: "{{route}}" }] }, { max: 0.05 }),
  timeSeries({ title: "Failed share by team and feature, as counted", description: "The breadth of the damage, as far as the gateway counted it.", unit: units.PercentUnit, queries: [{ expression: expressions.failedShareByTeam, legend: "{{team}}/{{feature}}" }] }, { max: 0.05 }),
];

const quantiles = [0.5, 0.95, 0.99] as const;

const quantileQueries = (expressionOf: (q: number) => string) => quantiles.map((q) => ({ expression: expressionOf(q), legend: `p${Math.round(q * 100)} {{route}}` }));

const latency = () => [
  timeSeries({ title: "Time to first token", description: "From arrival to the first content token; only requests that got one.", unit: units.Seconds, queries: quantileQueries(expressions.firstTokenS) }),
  timeSeries({ title: "Duration", description: "From arrival to the end of the answer, failures included: a fast failure makes this look better.", unit: units.Seconds, queries: quantileQueries(expressions.durationS) }),
];

const providers = () => [
  stateTimeline({ title: "Breakers", description: "The state of each deployment's breaker.", unit: units.Short, queries: [{ expression: expressions.breakerState, legend: "{{deployment}}" }] }, [
    { value: 0, text: "closed", color: green },
    { value: 1, text: "half open", color: orange },
    { value: 2, text: "open", color: red },
  ]),
  timeSeries({ title: "Attempts by deployment and outcome", description: "What the gateway sent to providers, and how it ended.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.attemptRateByOutcome, legend: "{{deployment}} {{outcome}}" }] }),
  timeSeries({ title: "Failed attempts by deployment", description: "Share of a deployment's attempts that failed; an attempt that was called off is no failure.", unit: units.PercentUnit, queries: [{ expression: expressions.attemptFailedShare, legend: "{{deployment}}" }] }, { max: 0.05 }),
  timeSeries({ title: "Amplification", description: "Attempts at providers for each client request, over all routes: what an outage costs in extra load.", unit: units.Short, queries: [{ expression: expressions.amplification, legend: "attempts per request" }] }),
  timeSeries({ title: "Retry budget", description: "Tokens left for retries and failovers, of the gateway process that has fewest. At 0 requests get one attempt only.", unit: units.Short, queries: [{ expression: expressions.retryBudget, legend: "tokens left" }] }),
  timeSeries({ title: "Broken contracts", description: "Answers of another shape, or by another model than was asked. Any is an alarm.", unit: units.CountsPerSecond, queries: [{ expression: expressions.contractBreachRate, legend: "{{deployment}}" }] }),
];

const cacheAndGuards = () => [
  timeSeries({ title: "Cache look-ups", description: "How requests fared that the cache was asked for: a hit is exact, coalesced or semantic; stale is given because the providers failed.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.cacheRateByKind, legend: "{{status}} {{kind}}" }] }, { stacked: true }),
  timeSeries({ title: "Answered from the cache, by team", description: "Share of the look-ups; whether the answers were right, only the observer shows.", unit: units.PercentUnit, queries: [{ expression: expressions.cacheHitShare, legend: "{{team}}" }] }, { max: 1 }),
  timeSeries({ title: "Warm-up", description: "Questions that gateways asked themselves after a start, to fill their caches.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.warmUpRate, legend: "{{team}} {{outcome}}" }] }, { stacked: true }),
  timeSeries({ title: "Money for warm-up", description: "US dollars an hour, which are in no other figure of money.", unit: units.Dollars, queries: [{ expression: expressions.warmUpUsdPerHour, legend: "{{team}}" }] }, { stacked: true }),
  timeSeries({ title: "What guards did", description: "Personal data taken out, injections blocked or flagged. `failed_open` let a request through unread.", unit: units.CountsPerSecond, queries: [{ expression: expressions.guardRateByAction, legend: "{{guard}} {{action}}" }] }),
];

const limitsAndCost = () => [
  timeSeries({ title: "Rejections by team and stage", description: "Requests that were refused before any provider was asked, and by what.", unit: units.RequestsPerSecond, queries: [{ expression: expressions.rejectionRateByStage, legend: "{{team}} {{by}}" }] }, { stacked: true }),
  timeSeries({ title: "Left of the limits", description: "Share of each window's allowance that is left. At 0 the team is refused until the window ends.", unit: units.PercentUnit, queries: [{ expression: expressions.limitLeft, legend: "{{team}} {{unit}} in {{window_ms}} ms" }] }, { max: 1 }),
  timeSeries({ title: "Money by team and feature", description: "US dollars an hour, over all attempts.", unit: units.Dollars, queries: [{ expression: expressions.usdPerHourByTeam, legend: "{{team}}/{{feature}}" }] }, { stacked: true }),
  timeSeries({ title: "Money by deployment and leg", description: "US dollars an hour. `failed` is what was paid for attempts that delivered no answer.", unit: units.Dollars, queries: [{ expression: expressions.usdPerHourByLeg, legend: "{{deployment}} {{leg}}" }] }, { stacked: true }),
  timeSeries({ title: "Billed tokens", description: "A second, by what they are billed as. An answer from the gateway's own cache has none.", unit: units.CountsPerSecond, queries: [{ expression: expressions.tokenRateByKind, legend: "{{deployment}} {{kind}}" }] }),
  timeSeries({ title: "Attempts without a price", description: "Billed attempts whose model has no price: what the money above leaves out.", unit: units.CountsPerSecond, queries: [{ expression: expressions.unpricedRate, legend: "{{deployment}}" }] }),
  stateTimeline({ title: "Limits counted by", description: "The shared store, or each gateway for itself while the store does not answer. A gap: no gateway reports.", unit: units.Short, queries: [{ expression: expressions.storeLocal, legend: "gateways" }] }, [
    { value: -1, text: "each gateway's own, none is shared", color: "blue" },
    { value: 0, text: "shared", color: green },
    { value: 1, text: "local share", color: orange },
  ]),
];
