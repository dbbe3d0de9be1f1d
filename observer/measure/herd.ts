import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { sum } from "../../kernel/stats.ts";
import { billOf } from "./bill.ts";

/** What comes back at once after an outage: requests and spend at the providers, against the time before it. */
export interface Herd {
  /**
   * Most arrivals at one provider within a second after the last fault / its mean a second before the first. Null: no
   * provider was asked before.
   */
  readonly herdFactor: number | null;
  /**
   * Most that providers bill for arrivals within 10 s after the last fault / their mean of 10 s before the first. Null:
   * no price, or nothing was billed before.
   */
  readonly moneyHerd: number | null;
}

const arrivalsWithinMs = 1_000;
const spendWithinMs = 10_000;
/**
 * A provider that was asked less often counts as asked so often: five requests at a fallback that had one a minute are
 * no herd of 300.
 */
const meanPerSecondMin = 1;

/** By the providers' logs. Both are null where nothing is lifted, or before and after the faults nothing is watched. */
export function herdOf(plan: Plan, wire: readonly WireRecord[]): Herd {
  const { steadyFromMs, faultFromMs, faultToMs, endMs } = plan.timeline;
  const steadyMs = faultFromMs - steadyFromMs;
  if (plan.faults.length === 0 || plan.faults.some(({ lifted }) => !lifted) || steadyMs <= 0) return { herdFactor: null, moneyHerd: null };
  const ordered = wire.toSorted((a, b) => a.arrivedMs - b.arrivedMs);
  const before = ordered.filter(({ arrivedMs }) => arrivedMs >= steadyFromMs && arrivedMs < faultFromMs);
  const after = ordered.filter(({ arrivedMs }) => arrivedMs >= faultToMs && arrivedMs <= endMs);
  const factors = plan.deployments.flatMap(({ name }) => {
    const asked = before.filter(({ deployment }) => deployment === name).length;
    const peak = mostWithin(after.filter(({ deployment }) => deployment === name).map(({ arrivedMs }) => ({ atMs: arrivedMs, amount: 1 })), arrivalsWithinMs);
    return asked === 0 ? [] : [peak / Math.max(meanPerSecondMin, (asked * 1_000) / steadyMs)];
  });
  const bill = billOf(plan);
  const spends = (attempts: readonly WireRecord[]) => attempts.map((attempt) => ({ atMs: attempt.arrivedMs, amount: bill(attempt) ?? 0 }));
  const meanSpend = (sum(spends(before).map(({ amount }) => amount)) * spendWithinMs) / steadyMs;
  return { herdFactor: factors.length === 0 ? null : Math.max(...factors), moneyHerd: meanSpend === 0 ? null : mostWithin(spends(after), spendWithinMs) / meanSpend };
}

interface Amount {
  readonly atMs: number;
  readonly amount: number;
}

/** The largest sum within any `lengthMs`, wherever it begins; in the order of time. */
function mostWithin(amounts: readonly Amount[], lengthMs: number): number {
  let most = 0;
  let within = 0;
  let first = 0;
  for (const { atMs, amount } of amounts) {
    within += amount;
    for (; atMs - amounts[first]!.atMs >= lengthMs; first++) within -= amounts[first]!.amount;
    most = Math.max(most, within);
  }
  return most;
}
