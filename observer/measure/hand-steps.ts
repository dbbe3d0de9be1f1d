import type { BreakGlassSettings, PlannedAction } from "../../kernel/action.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";

/** What marks a step that a person took: no plan has such an id. */
const byHand = /^hand-step-\d+$/;

/**
 * The plan with the steps that a person took from the live page, judged like those of the scenario's operator. One that
 * no run of the plan can have is left out, and its records are then those of a step that the plan does not have.
 */
export function withHandSteps(plan: Plan, { hand = [] }: Pick<RunRecords, "hand">): Plan {
  const taken = hand.flatMap((record) => ("step" in record ? [record.step] : []));
  const added = taken.filter((step, index) => fits(plan, step) && taken.findIndex(({ id }) => id === step.id) === index);
  return added.length === 0 ? plan : { ...plan, actions: [...(plan.actions ?? []), ...added].toSorted((a, b) => a.atMs - b.atMs) };
}

/** After the steady state, of a team of the plan, on its routes and deployments, and of no other name. */
function fits({ timeline, cells, deployments, actions = [] }: Plan, { id, kind, atMs, lacking, settings }: PlannedAction): boolean {
  const { team, routes = {} } = settings as Partial<BreakGlassSettings>;
  const isNew = byHand.test(id) && actions.every((planned) => planned.id !== id);
  const isInTime = timeline.faultFromMs <= atMs && atMs <= timeline.endMs;
  const isKnown = cells.some((cell) => cell.team === team) && Object.values(routes).every((name) => deployments.some((deployment) => deployment.name === name));
  return isNew && isInTime && isKnown && kind === "break_glass" && lacking === null;
}
