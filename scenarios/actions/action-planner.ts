import type { z } from "zod";
import type { PlannedAction } from "../../kernel/action.ts";
import type { Cell, Deployment, Route } from "../../kernel/plan.ts";
import type { FaultContext } from "../faults/fault-planner.ts";

/** All that a kind may go by when it plans a step. */
export interface ActionContext extends Pick<FaultContext, "faultFromMs" | "scale"> {
  /** Whether the stack can lead clients past its gateways. */
  readonly bypass: boolean;
  readonly cells: readonly Cell[];
  readonly routes: readonly Route[];
  readonly deployments: readonly (Pick<Deployment, "name" | "dialect"> & { readonly url?: string | undefined })[];
}

/** What a kind plans for a step. The plan's other fields follow from it (`plan-actions.ts`). */
export interface ActionDraft<Settings = unknown> extends Pick<PlannedAction<Settings>, "title" | "lacking" | "settings"> {
  /** Becomes the id, numbered where it is not the first of its name. */
  readonly name: string;
}

/** One kind of step as a scenario writes it, and what it becomes in a plan. Both pure. */
export interface ActionPlanner<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  plan(action: z.infer<Schema>, context: ActionContext): ActionDraft;
}
