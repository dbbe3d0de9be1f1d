import { metricNames } from "../kernel/metric-names.ts";

/**
 * The questions of the dashboard in PromQL, over the gateway's metrics alone. `$route`, `$team`, `$deployment` are the dashboard's
 * variables, `$__rate_interval` is Grafana's: at least four scrapes.
 */
const requests = `${metricNames.requests}{route=~"$route",team=~"$team"}`;
const attempts = `${metricNames.attempts}{deployment=~"$deployment"}`;
const failedRequests = `${metricNames.requests}{route=~"$route",team=~"$team",outcome=~"failure|rejected"}`;
const failedAttempts = `${metricNames.attempts}{deployment=~"$deployment",outcome!~"success|cancelled"}`;

const rate = (series: string) => `rate(${series}[$__rate_interval])`;
const sumBy = (labels: string, expression: string) => (labels === "" ? `sum(${expression})` : `sum by (${labels}) (${expression})`);

/** The share of `whole` that is `part`, per `labels`; 0 and not nothing where no `part` was ever counted, nothing where there is no traffic. */
function share(labels: string, part: string, whole: string): string {
  const total = sumBy(labels, rate(whole));
  return `(${sumBy(labels, rate(part))} or 0 * ${total}) / ${total}`;
}

const breakerIn = (state: string) => `sum by (deployment) (${metricNames.breakerState}{deployment=~"$deployment",state="${state}"})`;
const quantileOf = (histogram: string) => (q: number) => `histogram_quantile(${q}, sum by (le, route) (${rate(`${histogram}_bucket{route=~"$route"}`)}))`;

export const expressions = {
  requestRate: sumBy("", rate(requests)),
  requestRateByOutcome: sumBy("outcome", rate(requests)),
  requestRateByRoute: sumBy("route, outcome", rate(requests)),
  requestRateByTeam: sumBy("team, outcome", rate(requests)),
  failedShare: share("", failedRequests, requests),
  failedShareByRoute: share("route", failedRequests, requests),
  failedShareByTeam: share("team, feature", failedRequests, requests),
  attemptRateByOutcome: sumBy("deployment, outcome", rate(attempts)),
  attemptFailedShare: share("deployment", failedAttempts, attempts),
  /** Over everything: an attempt does not know its route, so no variable applies. */
  amplification: `sum(${rate(metricNames.attempts)}) / sum(${rate(metricNames.requests)})`,
  firstTokenS: quantileOf(metricNames.firstToken),
  durationS: quantileOf(metricNames.requestDuration),
  /** 0 closed, 1 half open, 2 open. */
  breakerState: `2 * ${breakerIn("open")} + ${breakerIn("half_open")}`,
  breakersOpen: `sum(${metricNames.breakerState}{state="open"})`,
  retryBudget: `min(${metricNames.retryBudget})`,
  inFlight: `sum(${metricNames.inFlight})`,
  /** How many gateway processes tell anything at all; 0 is a dark dashboard. */
  gatewaysReporting: `count(${metricNames.inFlight}) or vector(0)`,
} as const;
