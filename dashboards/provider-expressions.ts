import { genAiMetricNames, metricNames, observerMetricNames } from "../kernel/metric-names.ts";
import { quantile, rate, share, sumBy } from "./promql.ts";

/**
 * Of the providers' logs, by the observer, and of the gateways' own attempts. `$deployment` is the dashboard's
 * variable.
 */
const of = (metric: string, more = "") => `${metric}{deployment=~"$deployment"${more}}`;
const logged = of(observerMetricNames.attempts);
const loggedFailed = of(observerMetricNames.attempts, ',outcome="failed"');
const loggedKept = of(observerMetricNames.attempts, ',outcome!="caller_gone"');
const loggedLeft = of(observerMetricNames.attempts, ',outcome="caller_gone"');
const counted = of(metricNames.attempts);
const countedFailed = of(metricNames.attempts, ',outcome!~"success|cancelled"');
const countedKept = of(metricNames.attempts, ',outcome!="cancelled"');

const model = "gen_ai_provider_name, gen_ai_request_model";

export const providerExpressions = {
  loggedRate: sumBy("", rate(logged)),
  loggedFailedShare: share("", loggedFailed, loggedKept),
  countedFailedShare: share("", countedFailed, countedKept),
  leftShare: share("", loggedLeft, logged),
  loggedRateByOutcome: sumBy("deployment, outcome", rate(logged)),
  loggedFailedShareByDeployment: share("deployment", loggedFailed, loggedKept),
  countedRateByOutcome: sumBy("deployment, outcome", rate(counted)),
  countedFailedShareByDeployment: share("deployment", countedFailed, countedKept),
  /** Attempts that one side knows and the other does not. */
  uncountedRate: `${sumBy("deployment", rate(logged))} - ${sumBy("deployment", rate(counted))}`,
  /** 0 closed, 1 half open, 2 open; of several gateways the worst. */
  breakerState: `max by (deployment) (2 * ${of(metricNames.breakerState, ',state="open"')} or ${of(metricNames.breakerState, ',state="half_open"')})`,
  attemptDurationS: (q: number) => quantile(q, model, genAiMetricNames.inferenceDuration),
  firstChunkS: (q: number) => quantile(q, model, genAiMetricNames.inferenceFirstChunk),
  inputTokenRate: sumBy(model, rate(`${genAiMetricNames.inferenceInputTokens}_sum`)),
  outputTokenRate: sumBy(model, rate(`${genAiMetricNames.inferenceOutputTokens}_sum`)),
  faultInForce: `max by (fault, kind) (${observerMetricNames.faultInForce})`,
} as const;
