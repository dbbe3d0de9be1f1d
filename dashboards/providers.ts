import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { observerMetricNames } from "../kernel/metric-names.ts";
import { dashboardOf } from "./frame.ts";
import { badFrom, colors, neutral, note, query, stat, stateTimeline, timeSeries } from "./panels.ts";
import { providerExpressions as expressions } from "./provider-expressions.ts";

const about = `How the providers did: **by their own logs**, which the observer reads, beside what the gateways counted of the same attempts.
An attempt that the gateways count and no provider logged never arrived: look at the link. One that a provider logged and no gateway counts is load that the
gateways do not admit, or the observer's own probes and the control planes' questions.`;

/** Grafana's dashboard "Blastlab providers". */
export function providersDashboard(): Dashboard {
  return dashboardOf({
    uid: "blastlab-providers",
    title: "Blastlab providers",
    description: "Providers by their own logs, beside what the gateways counted.",
    variables: [{ label: "deployment", title: "Deployment", metric: observerMetricNames.attempts }],
    rows: [
      { title: "What this page is", panels: [note("Two sides of each attempt", about), ...headlines()] },
      { title: "At the providers", panels: atProviders() },
      { title: "As the gateways counted", panels: asCounted() },
      { title: "Latency and tokens, as the gateways counted", panels: latency() },
    ],
  });
}

const headlines = () => [
  stat({ title: "Attempts", description: "Attempts that arrived at providers, a second.", unit: units.RequestsPerSecond, queries: [query(expressions.loggedRate, "attempts")] }, neutral),
  stat({ title: "Failed, by the providers", description: "Share of these that the provider failed; one that its caller left counts as neither.", unit: units.PercentUnit, queries: [query(expressions.loggedFailedShare, "failed")] }, badFrom(0.01, 0.05)),
  stat({ title: "Failed, as counted", description: "The same by the gateways' own counts.", unit: units.PercentUnit, queries: [query(expressions.countedFailedShare, "failed")] }, badFrom(0.01, 0.05)),
  stat({ title: "Left by their caller", description: "Share of the attempts that the gateway gave up: hedges that lost, deadlines, clients that left. Their tokens are paid for.", unit: units.PercentUnit, queries: [query(expressions.leftShare, "left")] }, badFrom(0.1, 0.3)),
];

const atProviders = () => [
  stateTimeline({ title: "Faults in force", description: "Faults of the run, as they were injected and lifted.", unit: units.Short, queries: [query(expressions.faultInForce, "{{fault}} {{kind}}")] }, [
    { value: 0, text: "not in force", color: colors.blue },
    { value: 1, text: "in force", color: colors.red },
  ]),
  timeSeries({ title: "Attempts by outcome, by the providers", description: "What arrived, and how it ended there.", unit: units.RequestsPerSecond, queries: [query(expressions.loggedRateByOutcome, "{{deployment}} {{outcome}}")] }),
  timeSeries({ title: "Failed share, by the providers", description: "By deployment; a gap is no traffic.", unit: units.PercentUnit, queries: [query(expressions.loggedFailedShareByDeployment, "{{deployment}}")] }, { max: 0.05 }),
  timeSeries({ title: "Logged and not counted", description: "Attempts in the providers' logs less those that the gateways counted. Above 0: load that they do not admit, probes included; below 0: attempts that never arrived.", unit: units.RequestsPerSecond, queries: [query(expressions.uncountedRate, "{{deployment}}")] }, { min: null }),
];

const asCounted = () => [
  stateTimeline({ title: "Breakers", description: "Of several gateways the worst state.", unit: units.Short, queries: [query(expressions.breakerState, "{{deployment}}")] }, [
    { value: 0, text: "closed", color: colors.green },
    { value: 1, text: "half open", color: colors.orange },
    { value: 2, text: "open", color: colors.red },
  ]),
  timeSeries({ title: "Attempts by outcome, as counted", description: "With the kind of failure that the gateway took it for.", unit: units.RequestsPerSecond, queries: [query(expressions.countedRateByOutcome, "{{deployment}} {{outcome}}")] }),
  timeSeries({ title: "Failed share, as counted", description: "By deployment; an attempt that was called off is no failure.", unit: units.PercentUnit, queries: [query(expressions.countedFailedShareByDeployment, "{{deployment}}")] }, { max: 0.05 }),
];

const model = "{{gen_ai_provider_name}} {{gen_ai_request_model}}";

const latency = () => [
  timeSeries({ title: "First piece of a stream", description: "From the start of an attempt.", unit: units.Seconds, queries: [query(expressions.firstChunkS(0.5), `p50 ${model}`), query(expressions.firstChunkS(0.95), `p95 ${model}`)] }),
  timeSeries({ title: "Attempt", description: "From its start to its end, failures included.", unit: units.Seconds, queries: [query(expressions.attemptDurationS(0.5), `p50 ${model}`), query(expressions.attemptDurationS(0.95), `p95 ${model}`)] }),
  timeSeries({ title: "Input tokens", description: "A second, by the provider's own count.", unit: units.CountsPerSecond, queries: [query(expressions.inputTokenRate, model)] }),
  timeSeries({ title: "Output tokens", description: "A second, by the provider's own count.", unit: units.CountsPerSecond, queries: [query(expressions.outputTokenRate, model)] }),
];
