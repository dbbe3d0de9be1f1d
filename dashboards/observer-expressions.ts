import { countedMetricNames as counted, metricNames, observerMetricNames as observed } from "../kernel/metric-names.ts";
import { HOUR_S, quantile, rate, ratio, share, shareOf, sumBy } from "./promql.ts";

/**
 * What was true beside what the gateways counted, both by the observer's own path. `$team` is the dashboard's variable.
 */
const of = (metric: string, more = "") => `${metric}{team=~"$team"${more}}`;
const ended = of(observed.requests, ',outcome!="left"');
const bad = of(observed.requests, ',outcome!~"good|left"');
const allEnded = `${observed.requests}{outcome!="left"}`;
const allBad = `${observed.requests}{outcome!~"good|left"}`;

const badShare = shareOf("", rate(allBad), rate(allEnded));
const countedFailedShare = share("", counted.failures, counted.requests);
const probesBad = `${observed.probes}{outcome="bad"}`;

export const observerExpressions = {
  /** Gateways that the observer cannot read; the sum over runs, no value where nobody observes. */
  gatewaysDark: `sum(${counted.gateways} - ${counted.readable})`,
  gatewaysReadable: sumBy("", counted.readable),
  badShare,
  countedFailedShare,
  /** What the gateways do not admit, in shares of requests; no value while one side is unknown. */
  hiddenShare: `(${badShare}) - (${countedFailedShare})`,
  silentShare: shareOf("", rate(of(observed.silent)), rate(ended)),
  probesBadShare: share("", probesBad, observed.probes),
  faultsInForce: sumBy("", observed.faultInForce),
  faultInForce: `max by (fault, kind) (${observed.faultInForce})`,
  offeredRate: sumBy("", rate(observed.offered)),
  endedRate: sumBy("", rate(observed.requests)),
  countedRate: sumBy("", rate(counted.requests)),
  badRate: sumBy("", rate(allBad)),
  countedFailureRate: sumBy("", rate(counted.failures)),
  rateByOutcome: sumBy("outcome", rate(of(observed.requests))),
  badShareByCell: share("team, feature, region", bad, ended),
  silentRateByCell: sumBy("team, feature, region", rate(of(observed.silent))),
  loggedAttemptRate: sumBy("", rate(observed.attempts)),
  countedAttemptRate: sumBy("", rate(counted.attempts)),
  amplification: ratio(sumBy("", rate(observed.attempts)), sumBy("", rate(allEnded))),
  firstTokenS: quantile(0.95, "route", observed.firstToken),
  countedFirstTokenS: quantile(0.95, "route", metricNames.firstToken),
  billedUsdPerHour: `${HOUR_S} * ${sumBy("", rate(observed.billed))}`,
  countedUsdPerHour: `${HOUR_S} * ${sumBy("", rate(counted.cost))}`,
  probesBadShareByRoute: share("route", probesBad, observed.probes),
} as const;
