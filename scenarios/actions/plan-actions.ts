import type { ActionKind, PlannedAction } from "../../kernel/action.ts";
import { actionPlanners, type ScenarioAction } from "./index.ts";
import type { ActionContext, ActionPlanner } from "./action-planner.ts";

/** The steps of a scenario on a stack, in the order of their times. */
export function planActions(actions: readonly ScenarioAction[], context: ActionContext): readonly PlannedAction[] {
  const names = new Map<string, number>();
  const planners = actionPlanners as Readonly<Record<ActionKind, ActionPlanner<never>>>;
  const planned = actions.map((action): PlannedAction => {
    const { name, ...draft } = planners[action.kind].plan(action as never, context);
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return { id: count === 1 ? name : `${name}-${count}`, kind: action.kind, atMs: context.faultFromMs + Math.round(action.fromMs / context.scale), ...draft };
  });
  return planned.toSorted((a, b) => a.atMs - b.atMs);
}
