import { z } from "zod";
import type { ActionKind } from "../../kernel/action.ts";
import type { ActionPlanner } from "./action-planner.ts";
import { breakGlass } from "./break-glass.ts";

/** Every kind of step that an operator can take in a scenario. What it does is in `lab/actions`. */
export const actionPlanners = { break_glass: breakGlass } as const satisfies Record<ActionKind, ActionPlanner>;

/** One entry of a scenario's `actions`. */
export type ScenarioAction = z.infer<(typeof actionPlanners)[ActionKind]["schema"]>;

export const actionSchema: z.ZodType<ScenarioAction> = z.discriminatedUnion("kind", [actionPlanners.break_glass.schema]);
