import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { sum } from "../../kernel/stats.ts";
import type { RecoveryCost, SpanCost } from "../../kernel/verdict.ts";
import { billOf, usdOf } from "./bill.ts";
import type { Judged } from "./classify.ts";
import { recoveryOf } from "./recovery.ts";

interface Run {
  readonly judged: readonly Judged[];
  readonly wire: readonly WireRecord[];
}

/**
 * What the outage cost beyond the control, and what the recovery cost after it: attempts at providers, dollars, bad
 * requests. The recovery lasts until the fleet has recovered, or to the end of what was watched. Negative where less
 * was spent than in the control, as while the system is dead. Null where nothing is lifted, there is no fault, or a
 * paired control is missing.
 */
export function recoveryCostOf(plan: Plan, run: Run, paired: Run | null): RecoveryCost | null {
  const { recoveryMs, recoveryObservedMs, applicable } = recoveryOf(plan, run.judged);
  if (plan.faults.length === 0 || !applicable) return null;
  const { steadyFromMs, faultFromMs, faultToMs } = plan.timeline;
  const lengthMs = recoveryMs ?? recoveryObservedMs;
  const steady = spentIn(plan, run, steadyFromMs, faultFromMs);
  const beyondControl = (fromMs: number, toMs: number): SpanCost | null => {
    const spent = spentIn(plan, run, fromMs, toMs);
    if (plan.measure.control === "paired") return paired === null ? null : difference(spent, spentIn(plan, paired, fromMs, toMs));
    return faultFromMs > steadyFromMs ? difference(spent, scaled(steady, (toMs - fromMs) / (faultFromMs - steadyFromMs))) : null;
  };
  const outage = beyondControl(faultFromMs, faultToMs);
  const recovery = beyondControl(faultToMs, faultToMs + lengthMs);
  return outage === null || recovery === null ? null : { recoveryMs: lengthMs, outage, recovery };
}

/** Attempts by their arrival, bad requests by their intended send: `fromMs` <= time < `toMs`. */
function spentIn(plan: Plan, { judged, wire }: Run, fromMs: number, toMs: number): SpanCost {
  const isWithin = (atMs: number) => atMs >= fromMs && atMs < toMs;
  const attempts = wire.filter(({ arrivedMs }) => isWithin(arrivedMs));
  const isPriced = plan.deployments.some(({ price }) => (price ?? null) !== null);
  return {
    attempts: attempts.length,
    usd: isPriced ? usdOf(sum(attempts.map((attempt) => billOf(plan)(attempt) ?? 0))) : null,
    bad: judged.filter(({ state, record }) => state === "bad" && isWithin(record.intendedMs)).length,
  };
}

const scaled = ({ attempts, usd, bad }: SpanCost, factor: number): SpanCost => ({ attempts: attempts * factor, usd: usd === null ? null : usd * factor, bad: bad * factor });

const difference = (a: SpanCost, b: SpanCost): SpanCost => ({ attempts: a.attempts - b.attempts, usd: a.usd === null || b.usd === null ? null : a.usd - b.usd, bad: a.bad - b.bad });
