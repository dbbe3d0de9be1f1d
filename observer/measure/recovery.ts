import type { Plan } from "../../kernel/plan.ts";
import type { Judged } from "./classify.ts";
import { tallyOf } from "./tally.ts";

const stepMs = 1_000;

export interface Recovery {
  /** Null: never within the run. */
  readonly recoveryMs: number | null;
  /** How long was watched after the faults: a null means longer than this. */
  readonly recoveryObservedMs: number;
  /** False where a fault of the plan is never lifted: the run ends with it in force. */
  readonly applicable: boolean;
  /** The run ends before the SLI could have held once: null then proves nothing. */
  readonly tooShort: boolean;
}

/**
 * First time after the faults, in steps of a second, from which the SLI stays in band for `holdMs`: the bad share of
 * every window (`windowMs`, or `holdMs` if shorter; moved on by a second) within that time is at most the band's. A
 * window without requests proves nothing and is out of band. 0 in a plan without faults.
 */
export function recoveryOf(plan: Plan, all: readonly Judged[]): Recovery {
  const { faultToMs, endMs } = plan.timeline;
  const recoveryObservedMs = Math.max(0, endMs - faultToMs);
  if (plan.faults.length === 0) return { recoveryMs: 0, recoveryObservedMs, applicable: true, tooShort: false };
  if (plan.faults.some(({ lifted }) => !lifted)) return { recoveryMs: null, recoveryObservedMs, applicable: false, tooShort: false };
  const atMs = firstInBand(plan, all, faultToMs);
  const tooShort = atMs === null && recoveryObservedMs < plan.measure.recovery.holdMs;
  return { recoveryMs: atMs === null ? null : atMs - faultToMs, recoveryObservedMs, applicable: true, tooShort };
}

/**
 * First time from `sinceMs` on, in steps of a second, from which the SLI of these requests stays in band for `holdMs`;
 * null for never within the run.
 */
export function firstInBand({ timeline, measure }: Plan, requests: readonly Judged[], sinceMs: number): number | null {
  const { holdMs, badShareMax } = measure.recovery;
  const windowMs = Math.min(measure.windowMs, holdMs);
  const countBetween = tallyOf(requests.filter(({ state }) => state !== "left").map(({ record, state }) => ({ atMs: record.intendedMs, bad: state === "bad" })));
  const inBand = (fromMs: number) => {
    const { total, bad } = countBetween(fromMs, fromMs + windowMs);
    return total > 0 && bad / total <= badShareMax;
  };
  const steps = Math.ceil((holdMs - windowMs) / stepMs);
  let streak = 0;
  for (let fromMs = sinceMs; fromMs + windowMs <= timeline.endMs; fromMs += stepMs) {
    streak = inBand(fromMs) ? streak + 1 : 0;
    if (streak > steps) return fromMs - steps * stepMs;
  }
  return null;
}
