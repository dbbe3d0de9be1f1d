import type { PlannedAction } from "../../../kernel/action.ts";
import type { Clock } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { ActionRecord } from "../../../kernel/records.ts";
import type { Signal } from "../../../kernel/signal.ts";
import { reached } from "./play-faults.ts";
import type { World } from "./world.ts";

export interface ActionOptions {
  readonly plan: Plan;
  readonly world: World;
  readonly act: (action: PlannedAction, world: World) => Promise<void>;
  /** The run's timeline: `nowMs` 0 is its zero. */
  readonly clock: Clock;
  readonly emitAction: (record: ActionRecord) => void;
  /** Ends it early: what is to come is not done. */
  readonly signal: Signal;
}

/**
 * Takes the operator's steps at their times, one after the other: an operator has two hands. Settles when the last has
 * been taken; never rejects. A step that the stack lacks, or that fails, is recorded, and the run goes on.
 */
export async function playActions({ plan, world, act, clock, emitAction, signal }: ActionOptions): Promise<void> {
  for (const action of plan.actions ?? []) {
    if (!(await reached(action.atMs, clock, signal))) return;
    const begunMs = clock.nowMs();
    const record = (outcome: ActionRecord["outcome"], detail: string) => emitAction({ action: action.id, outcome, plannedMs: action.atMs, begunMs, atMs: clock.nowMs(), detail });
    if (action.lacking !== null) {
      record("not_possible", action.lacking);
      continue;
    }
    await act(action, world).then(
      () => record("done", action.title),
      (error: unknown) => record("failed", messageOf(error)),
    );
  }
}
