import type { ActionKind, PlannedAction } from "../../kernel/action.ts";
import type { World } from "../conductor/core/world.ts";
import type { ActionAct } from "./action-act.ts";
import { breakGlass } from "./break-glass.ts";

const actionActs = { break_glass: breakGlass } as const satisfies Record<ActionKind, ActionAct<never>>;

/** Takes a step of any kind. A plan's actions were made by the planners of the same kinds. */
export function act(action: PlannedAction, world: World): Promise<void> {
  return (actionActs as Readonly<Record<ActionKind, ActionAct<unknown>>>)[action.kind](action, world);
}
