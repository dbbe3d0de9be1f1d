import type { Plan } from "../../kernel/plan.ts";
import type { Judged } from "./classify.ts";
import { exposureSpan, judgedWithin } from "./windows.ts";

const secondMs = 1_000;

/**
 * The plan with the windows of its alarm and its recovery made long enough for a cell of so few requests: long enough,
 * in whole seconds, for `requestsMin` of them at their mean rate in the exposure. Unchanged for a cell that sends that
 * many in a window anyway.
 */
export function pooledFor(plan: Plan, requestsOfCell: readonly Judged[]): Plan {
  const { requestsMin, recovery, burnRate } = plan.measure;
  const span = exposureSpan(plan);
  const count = judgedWithin(span, requestsOfCell).length;
  const leastMs = secondMs * Math.ceil((requestsMin * (span.toMs - span.fromMs)) / Math.max(1, count) / secondMs);
  const windowMs = Math.max(Math.min(plan.measure.windowMs, recovery.holdMs), leastMs);
  const longMs = Math.max(burnRate.longMs, leastMs);
  return {
    ...plan,
    measure: {
      ...plan.measure,
      windowMs,
      recovery: { ...recovery, holdMs: Math.max(recovery.holdMs, windowMs) },
      burnRate: { ...burnRate, longMs, shortMs: (burnRate.shortMs * longMs) / burnRate.longMs },
    },
  };
}
