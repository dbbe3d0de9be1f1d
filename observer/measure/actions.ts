import type { PlannedAction } from "../../kernel/action.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { ActionRecord } from "../../kernel/records.ts";

/** How late a conductor may begin a step. */
const beginToleranceMs = 250;

/**
 * Whether the operator's steps were really taken as planned: plain sentences of what was not, empty when all was. A
 * step that failed is the system's own.
 */
export function actionProblems({ actions = [] }: Pick<Plan, "actions">, records: readonly ActionRecord[]): readonly string[] {
  const ids = new Set(actions.map(({ id }) => id));
  const foreign = [...new Set(records.map(({ action }) => action))].filter((id) => !ids.has(id));
  return [...foreign.map((id) => `Step ${id} was taken, and the plan has none of that name`), ...actions.flatMap((action, index) => stepProblems(action, records, actions[index - 1]))];
}

function stepProblems(action: PlannedAction, records: readonly ActionRecord[], earlier: PlannedAction | undefined): readonly string[] {
  const { id, atMs, lacking } = action;
  const [own, ...others] = records.filter((record) => record.action === id);
  if (own === undefined) return [`Nothing shows that step ${id} was taken`];
  if (others.length > 0) return [`Step ${id} was taken ${others.length + 1} times`];
  if (own.plannedMs !== atMs) return [`Step ${id} was taken by another plan`];
  if ((own.outcome === "not_possible") !== (lacking !== null)) return [`Step ${id} is recorded as ${own.outcome.replace("_", " ")}, and the plan has it otherwise`];
  if (own.begunMs < atMs - 1 || own.atMs < own.begunMs) return [`Step ${id} was in effect before its time`];
  // Steps are taken one after the other.
  const dueMs = Math.max(atMs, records.find((record) => record.action === earlier?.id)?.atMs ?? 0);
  return own.begunMs > dueMs + beginToleranceMs ? [`Step ${id} was begun ${Math.round(own.begunMs - dueMs)} ms late`] : [];
}
