import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { edgeMetricNames } from "../kernel/metric-names.ts";
import { dashboardOf } from "./frame.ts";
import { anyIsBad, badFrom, colors, neutral, note, query, stat, stateTimeline, timeSeries } from "./panels.ts";
import { regionExpressions as expressions, rolloutPhases } from "./region-expressions.ts";

const { green, orange, red, blue } = colors;

const about = `Which regions serve, and which configuration they run. An edge sees a gateway as its checks and its requests do, so that a gateway that is silent
counts as dead here. A control plane knows what its data planes reported: one that has not reported may run anything. Regions share nothing, so that one may be sick alone.`;

/** Grafana's dashboard "Blastlab regions and control planes". */
export function regionsDashboard(): Dashboard {
  return dashboardOf({
    uid: "blastlab-regions",
    title: "Blastlab regions and control planes",
    description: "Edges, control planes, data planes and vaults, by region.",
    variables: [{ label: "region", title: "Region", metric: edgeMetricNames.replicaShare }],
    rows: [
      { title: "What this page is", panels: [note("Who serves, and what it runs", about), ...headlines()] },
      { title: "Edges", panels: edges() },
      { title: "Control planes and rollouts", panels: controlPlanes() },
      { title: "Vaults", panels: vaults() },
    ],
  });
}

const headlines = () => [
  stat({ title: "Regions in the rotation", description: "Regions with a replica that gets requests.", unit: units.Short, queries: [query(expressions.regionsIn, "regions")] }, [{ value: 0, color: red }, { value: 1, color: orange }, { value: 2, color: green }]),
  stat({ title: "Replicas in the rotation", description: "Gateways that get requests, by the edge that gives them least.", unit: units.Short, queries: [query(expressions.replicasIn, "replicas")] }, [{ value: 0, color: red }, { value: 1, color: blue }]),
  stat({ title: "Failed at the edge", description: "Share of the clients' requests that were cut, refused, or found no replica.", unit: units.PercentUnit, queries: [query(expressions.edgeFailedShare, "failed")] }, badFrom(0.01, 0.05)),
  stat({ title: "Rollouts under way", description: "Regions with a package that is not active yet.", unit: units.Short, queries: [query(expressions.rolloutsUnderWay, "rollouts")] }, neutral),
  stat({ title: "Not on the active package", description: "Data planes whose last report has another package as current.", unit: units.Short, queries: [query(expressions.planesOffActive, "data planes")] }, anyIsBad),
  stat({ title: "Vaults sealed", description: "Leases that are out are valid until their grace period ends.", unit: units.Short, queries: [query(expressions.vaultsSealed, "sealed")] }, anyIsBad),
];

const edges = () => [
  timeSeries({ title: "Requests by outcome", description: "Of all edges, by what became of the client's request.", unit: units.RequestsPerSecond, queries: [query(expressions.edgeRateByOutcome, "{{outcome}}")] }, { stacked: true }),
  timeSeries({ title: "Attempts by replica", description: "What edges sent to gateways, and how it ended.", unit: units.RequestsPerSecond, queries: [query(expressions.edgeAttemptRate, "{{replica}} {{end}}")] }),
  timeSeries({ title: "Share of a replica's traffic", description: "0: it is out. Below 1: it ramps up. Of several edges the lowest.", unit: units.PercentUnit, queries: [query(expressions.replicaShare, "{{region}} {{replica}}")] }, { max: 1 }),
  timeSeries({ title: "In flight by replica", description: "Of all edges.", unit: units.Short, queries: [query(expressions.replicaInFlight, "{{region}} {{replica}}")] }),
  timeSeries({ title: "Removals", description: "From the rotation, a second: `down` by checks, `ejected` by what requests show.", unit: units.CountsPerSecond, queries: [query(expressions.removalRate, "{{replica}} {{reason}}")] }),
  timeSeries({ title: "Kept although sick", description: "Removals that were not made, a second: it is the `last`, or the `limit` is reached.", unit: units.CountsPerSecond, queries: [query(expressions.keptRate, "{{replica}} {{reason}}")] }),
  timeSeries({ title: "Operator's weight", description: "In percent; 100 unless somebody changed it.", unit: units.Percent, queries: [query(expressions.replicaWeight, "{{region}} {{replica}}")] }, { max: 100 }),
  timeSeries({ title: "Clock jumps", description: "Of the edges' machines, a second: requests from before a jump get no attempt.", unit: units.CountsPerSecond, queries: [query(expressions.clockJumpRate, "jumps")] }),
];

const phaseColors = [blue, orange, orange, orange, orange, red, green];

const controlPlanes = () => [
  stateTimeline({ title: "Rollout", description: "The phase of the package on its way. `undecided`: the eval gate could not tell, and a person must.", unit: units.Short, queries: [query(expressions.rolloutPhase, "{{region}}")] }, rolloutPhases.map((text, value) => ({ value, text, color: phaseColors[value]! }))),
  timeSeries({ title: "Active version", description: "Of the region's package. Regions follow each other, so that one may be behind for its bake time.", unit: units.Short, queries: [query(expressions.activeVersion, "{{region}}")] }),
  timeSeries({ title: "Share on the package on its way", description: "Of the region's clients.", unit: units.PercentUnit, queries: [query(expressions.rolloutShare, "{{region}}")] }, { max: 1 }),
  timeSeries({ title: "Share by package", description: "As the data planes run them, current and candidate.", unit: units.PercentUnit, queries: [query(expressions.packageShare, "{{package}} {{role}}")] }, { max: 1 }),
  timeSeries({ title: "Events of the control planes", description: "Lines of their journals, a second: pushes, steps, ends.", unit: units.CountsPerSecond, queries: [query(expressions.controlEventRate, "{{region}} {{event}}")] }),
  timeSeries({ title: "Since the last report", description: "Of each data plane. One that is silent may run anything.", unit: units.Seconds, queries: [query(expressions.reportAgeS, "{{region}} {{plane}}")] }),
  timeSeries({ title: "On the active package", description: "1: the data plane's last report has it as current.", unit: units.Short, queries: [query(expressions.onActive, "{{region}} {{plane}}")] }, { max: 1 }),
  timeSeries({ title: "Answers to packages", description: "Packages that data planes acknowledged or refused, a second.", unit: units.CountsPerSecond, queries: [query(expressions.packageAnswerRate, "{{answer}}")] }),
  timeSeries({ title: "Data planes in trouble", description: "Those that their control plane does not answer, and those whose disk keeps no package: they run on with what they have.", unit: units.Short, queries: [query(expressions.gatewaysWithoutControl, "without control plane"), query(expressions.gatewaysWithDiskTrouble, "disk")] }),
];

const vaults = () => [
  stateTimeline({ title: "Sealed", description: "A sealed vault gives no lease; revocations still reach data planes.", unit: units.Short, queries: [query(expressions.vaultSealed, "{{region}}")] }, [
    { value: 0, text: "open", color: green },
    { value: 1, text: "sealed", color: red },
  ]),
  timeSeries({ title: "Accesses", description: "Of the audit log, a second, by what was asked and what came of it.", unit: units.CountsPerSecond, queries: [query(expressions.vaultAccessRate, "{{region}} {{action}} {{result}}")] }),
  timeSeries({ title: "Secrets", description: "That each vault keeps.", unit: units.Short, queries: [query(expressions.vaultSecrets, "{{region}}")] }),
];
