import { LabError } from "../../../kernel/errors.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { LiveLine } from "../../../kernel/records.ts";

/**
 * Holds the last moment before the faults against the steady-state hypothesis: a run that is unwell by then is void,
 * and nothing is injected. It goes by the observer's live lines, a second old; with no request done in them it lets the
 * run go on, and the verdict decides.
 */
export interface SteadyGate {
  observe(live: LiveLine): void;
  /** Why nothing may be injected: LabError `failed` `steady_state`; null when the steady state holds. */
  problem(): LabError | null;
}

export function steadyGate(plan: Plan): SteadyGate {
  const { steadyFromMs, faultFromMs } = plan.timeline;
  const limit = plan.measure.steadyBadShareMax;
  let warm: LiveLine | null = null;
  let last: LiveLine | null = null;
  return {
    observe: (live) => {
      if (live.atMs <= steadyFromMs) warm = live;
      if (live.atMs <= faultFromMs) last = live;
    },
    problem: () => {
      if (last === null) return null;
      const done = last.done - (warm?.done ?? 0);
      const bad = last.bad - (warm?.bad ?? 0);
      return done > 0 && bad / done > limit ? notSteady({ done, bad, limit }) : null;
    },
  };
}

function notSteady({ done, bad, limit }: { done: number; bad: number; limit: number }): LabError {
  return new LabError({
    exit: "failed",
    code: "steady_state",
    message: `The steady state does not hold before any fault: ${bad} of ${done} requests are bad, at most ${limit * 100} % may be`,
    hint: "Nothing was injected: look at the system's own log in logs/, or lower workload.requestsPerSecond",
  });
}
