import type { Plan } from "../../kernel/plan.ts";

/** The steps in which a run is shown. */
export interface RunSteps {
  readonly stepMs: number;
  readonly length: number;
}

/** A run of two hours is shown second by second; a longer one in steps of as many whole seconds as it takes. */
const stepsMax = 7_200;

export function runStepsOf({ timeline: { endMs } }: Pick<Plan, "timeline">): RunSteps {
  const stepMs = 1_000 * Math.max(1, Math.ceil(endMs / 1_000 / stepsMax));
  return { stepMs, length: Math.max(1, Math.ceil(endMs / stepMs)) };
}

/** The step of a moment; what lies outside the run counts in its first or last step. */
export const stepAt = (atMs: number, { stepMs, length }: RunSteps): number => Math.min(length - 1, Math.max(0, Math.floor(atMs / stepMs)));
