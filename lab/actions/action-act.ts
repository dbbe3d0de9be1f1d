import type { PlannedAction } from "../../kernel/action.ts";
import type { World } from "../conductor/core/world.ts";

/** What an operator's step does to the world, in both harnesses. Resolves when it is in effect. */
export type ActionAct<Settings> = (action: PlannedAction<Settings>, world: World) => Promise<void>;
