import type { Plan } from "../../kernel/plan.ts";
import type { Judged } from "./classify.ts";
import { tallyOf } from "./tally.ts";

const stepMs = 1_000;

/**
 * Largest bad share of all requests of a window (`windowMs`, moved on by a second) after the faults: what a return
 * costs, however late. Windows of fewer than `requestsMin` requests show nothing. Null: no fault, one that is never
 * lifted, or no window with enough requests.
 */
export function dipOf({ faults, timeline, measure }: Plan, all: readonly Judged[]): number | null {
  if (faults.length === 0 || faults.some(({ lifted }) => !lifted)) return null;
  const countBetween = tallyOf(all.filter(({ state }) => state !== "left").map(({ record, state }) => ({ atMs: record.intendedMs, bad: state === "bad" })));
  let worst: number | null = null;
  for (let fromMs = timeline.faultToMs; fromMs + measure.windowMs <= timeline.endMs; fromMs += stepMs) {
    const { total, bad } = countBetween(fromMs, fromMs + measure.windowMs);
    if (total >= measure.requestsMin) worst = Math.max(worst ?? 0, bad / total);
  }
  return worst;
}
