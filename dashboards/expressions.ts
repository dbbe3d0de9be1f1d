import { accountMetricNames, alarmMetricNames, answerMetricNames, metricNames } from "../kernel/metric-names.ts";
import { HOUR_S, quantile, rate, ratio, share, sumBy } from "./promql.ts";

/**
 * The questions of the dashboard in PromQL, over the gateway's metrics alone. `$route`, `$team`, `$deployment` are the
 * dashboard's variables.
 */
const requests = `${metricNames.requests}{route=~"$route",team=~"$team"}`;
const attempts = `${metricNames.attempts}{deployment=~"$deployment"}`;
const failedRequests = `${metricNames.requests}{route=~"$route",team=~"$team",outcome=~"failure|rejected"}`;
const cached = `${answerMetricNames.cache}{route=~"$route",team=~"$team"}`;
const cacheHits = `${answerMetricNames.cache}{route=~"$route",team=~"$team",status!="miss"}`;
const ofTeam = (metric: string) => `${metric}{team=~"$team"}`;
const ofDeployment = (metric: string) => `${metric}{deployment=~"$deployment"}`;
const failedAttempts = `${metricNames.attempts}{deployment=~"$deployment",outcome!~"success|cancelled"}`;

/** What is hoped never to be counted, a second per deployment. A gateway exposes it as 0 from the start. */
const alarm = (metric: string) => sumBy("deployment", rate(ofDeployment(metric)));

const breakerIn = (state: string) => `sum by (deployment) (${metricNames.breakerState}{deployment=~"$deployment",state="${state}"})`;
const quantileOf = (histogram: string) => (q: number) => quantile(q, "route", histogram, '{route=~"$route"}');

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
  amplification: ratio(`sum(${rate(metricNames.attempts)})`, `sum(${rate(metricNames.requests)})`),
  firstTokenS: quantileOf(metricNames.firstToken),
  durationS: quantileOf(metricNames.requestDuration),
  /** 0 closed, 1 half open, 2 open. */
  breakerState: `2 * ${breakerIn("open")} + ${breakerIn("half_open")}`,
  breakersOpen: `sum(${metricNames.breakerState}{state="open"})`,
  retryBudget: `min(${metricNames.retryBudget})`,
  inFlight: `sum(${metricNames.inFlight})`,
  cacheRateByKind: sumBy("status, kind", rate(cached)),
  cacheHitShare: share("team", cacheHits, cached),
  warmUpRate: sumBy("team, outcome", rate(ofTeam(answerMetricNames.warmUps))),
  warmUpUsdPerHour: `${HOUR_S} * ${sumBy("team", rate(ofTeam(answerMetricNames.warmUpCost)))}`,
  guardRateByAction: sumBy("guard, action", rate(ofTeam(answerMetricNames.guards))),
  rejectionRateByStage: sumBy("team, by", rate(ofTeam(accountMetricNames.rejections))),
  /** Of several gateways, by the one with the lowest reading. */
  limitLeft: `min by (team, unit, window_ms) (${ofTeam(accountMetricNames.limitLeft)})`,
  /**
   * 1: a gateway counts by itself. 0: all count in the shared store. -1: those that report share none. Nothing: none
   * reports.
   */
  storeLocal: `max(${accountMetricNames.storeLocal}) or 0 * sum(${metricNames.inFlight}) - 1`,
  usdPerHourByTeam: `${HOUR_S} * ${sumBy("team, feature", rate(ofTeam(accountMetricNames.cost)))}`,
  usdPerHourByLeg: `${HOUR_S} * ${sumBy("deployment, leg", rate(ofDeployment(accountMetricNames.cost)))}`,
  tokenRateByKind: sumBy("deployment, kind", rate(ofDeployment(accountMetricNames.tokens))),
  unpricedRate: alarm(accountMetricNames.unpriced),
  contractBreachRate: alarm(alarmMetricNames.contractBreaches),
  /** Processes that reported within the past hour and report no longer: what they count is missing everywhere else. */
  gatewaysSilent: `count(last_over_time(${metricNames.inFlight}[1h])) - (count(${metricNames.inFlight}) or vector(0))`,
  /** How many gateway processes report at all; 0 is a dark dashboard. */
  gatewaysReporting: `count(${metricNames.inFlight}) or vector(0)`,
} as const;
