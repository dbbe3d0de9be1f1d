import { accountMetricNames, answerMetricNames, countedMetricNames, observerMetricNames } from "../kernel/metric-names.ts";
import { HOUR_S, rate, ratio, share, sumBy } from "./promql.ts";

/** What providers bill by their logs, and what the gateways count. `$team` is the dashboard's variable. */
const of = (metric: string, more = "") => `${metric}{team=~"$team"${more}}`;
const billed = of(observerMetricNames.billed);
const counted = of(accountMetricNames.cost);
const good = of(observerMetricNames.requests, ',outcome="good"');
const tokens = of(accountMetricNames.tokens);
const cached = of(answerMetricNames.cache);
const cacheHits = of(answerMetricNames.cache, ',status!="miss"');
const usdPerHour = (labels: string, series: string) => `${HOUR_S} * ${sumBy(labels, rate(series))}`;

/** 0: equal; 0.1: a tenth more was counted than billed. A gap where nothing is billed. */
const overcounted = (labels: string, count: string, bill: string) => `${ratio(sumBy(labels, rate(count)), sumBy(labels, rate(bill)))} - 1`;

export const costExpressions = {
  billedUsdPerHour: usdPerHour("", billed),
  countedUsdPerHour: usdPerHour("", counted),
  overcounted: overcounted("", counted, billed),
  failedUsdShare: share("", of(accountMetricNames.cost, ',leg="failed"'), counted),
  usdPer1000Good: `1000 * ${ratio(sumBy("", rate(billed)), sumBy("", rate(good)))}`,
  unpricedRate: sumBy("", rate(observerMetricNames.unpriced)),
  billedByTeam: usdPerHour("team", billed),
  countedByTeam: usdPerHour("team, feature", counted),
  overcountedByTeam: overcounted("team", counted, billed),
  usdPer1000GoodByTeam: `1000 * ${ratio(sumBy("team", rate(billed)), sumBy("team", rate(good)))}`,
  billedByDeployment: usdPerHour("deployment", billed),
  countedByLeg: usdPerHour("deployment, leg", counted),
  tokenRateByKind: sumBy("team, kind", rate(tokens)),
  cacheHitShareByTeam: share("team", cacheHits, cached),
  /** As the observer last read it, so that it shows gaps while no gateway can be read. */
  readByTeam: usdPerHour("team", of(countedMetricNames.cost)),
} as const;
