import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { LiveLine } from "../../kernel/records.ts";
import { until } from "./timeline.ts";

/**
 * Holds the last moment before the faults against the steady-state hypothesis: a run that is unwell by then is void, and nothing is injected. It
 * goes by the observer's live lines, a second old; with no request done in them it lets the run go on, and the verdict decides.
 */
export interface SteadyGate {
  hear(live: LiveLine): void;
  /** Rejects with LabError `failed` `steady_state` at the end of the steady window if it does not hold; else resolves then, or on abort. */
  failed(nowMs: () => number, signal: AbortSignal): Promise<void>;
}

export function passSteadyGate(plan: Plan): SteadyGate {
  const { steadyFromMs, faultFromMs } = plan.timeline;
  const limit = plan.measure.steadyBadShareMax;
  let warm: LiveLine | null = null;
  let last: LiveLine | null = null;
  return {
    hear: (live) => {
      if (live.atMs <= steadyFromMs) warm = live;
      if (live.atMs <= faultFromMs) last = live;
    },
    failed: async (nowMs, signal) => {
      if (!(await until(faultFromMs, nowMs, signal)) || last === null) return;
      const done = last.done - (warm?.done ?? 0);
      const bad = last.bad - (warm?.bad ?? 0);
      if (done > 0 && bad / done > limit) throw notSteady({ done, bad, limit });
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
