import { controlMetricNames as control, edgeMetricNames as edge, packageMetricNames as packages, vaultMetricNames as vault } from "../kernel/metric-names.ts";
import { countAbove0, rate, shareOf, sumBy } from "./promql.ts";

/**
 * Of the edges, the control planes, the data planes under them and the vaults. `$region` is the dashboard's variable.
 */
const of = (metric: string, more = "") => `${metric}{region=~"$region"${more}}`;
const phase = (name: string) => sumBy("region", of(control.rollout, `,phase="${name}"`));

/** In the order of a rollout: 0 is none, a phase its place here. */
export const rolloutPhases = ["none", "waiting", "checking", "identity", "evaluating", "undecided", "step"] as const;

const edgeRequests = rate(edge.requests);
const edgeServed = rate(`${edge.requests}{outcome!="client_gone"}`);
const edgeFailed = rate(`${edge.requests}{outcome=~"cut|unavailable|refused"}`);
/** Several edges see the same replica: the one with the lowest reading decides. */
const replicaShare = (labels: string) => `min by (${labels}) (${of(edge.replicaShare)})`;

export const regionExpressions = {
  regionsIn: countAbove0(`max by (region) (${replicaShare("region, replica")})`),
  replicasIn: countAbove0(replicaShare("replica")),
  edgeFailedShare: shareOf("", edgeFailed, edgeServed),
  rolloutsUnderWay: `sum(1 - ${of(control.rollout, ',phase="none"')})`,
  planesOffActive: `sum(1 - ${of(control.onActive)})`,
  vaultsSealed: sumBy("", of(vault.sealed)),
  edgeRateByOutcome: sumBy("outcome", edgeRequests),
  edgeAttemptRate: sumBy("replica, end", rate(edge.attempts)),
  replicaShare: replicaShare("region, replica"),
  replicaInFlight: sumBy("region, replica", of(edge.replicaInFlight)),
  replicaWeight: `min by (region, replica) (${of(edge.replicaWeight)})`,
  removalRate: sumBy("replica, reason", rate(edge.removals)),
  keptRate: sumBy("replica, reason", rate(edge.kept)),
  clockJumpRate: sumBy("", rate(edge.clockJumps)),
  activeVersion: `max by (region) (${of(control.activeVersion)})`,
  rolloutPhase: rolloutPhases.map((name, index) => `${index} * ${phase(name)}`).join(" + "),
  rolloutShare: `max by (region) (${of(control.rolloutShare)})`,
  controlEventRate: sumBy("region, event", rate(of(control.events))),
  reportAgeS: `max by (region, plane) (${of(control.reportAge)})`,
  onActive: `min by (region, plane) (${of(control.onActive)})`,
  packageShare: `avg by (package, role) (${packages.share})`,
  packageAnswerRate: sumBy("answer", rate(packages.answers)),
  /** Gateways without their control plane, and with a disk that keeps no package. */
  gatewaysWithoutControl: `sum(1 - ${packages.controlConnected})`,
  gatewaysWithDiskTrouble: sumBy("", packages.diskTrouble),
  vaultSealed: `max by (region) (${of(vault.sealed)})`,
  vaultSecrets: `max by (region) (${of(vault.secrets)})`,
  vaultAccessRate: sumBy("region, action, result", rate(of(vault.accesses))),
} as const;
