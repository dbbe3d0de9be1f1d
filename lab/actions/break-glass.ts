import type { BreakGlassSettings } from "../../kernel/action.ts";
import type { ActionAct } from "./action-act.ts";

export const breakGlass: ActionAct<BreakGlassSettings> = ({ settings: { turn, team, window } }, world) => (turn === "on" ? world.openBypass(team, window) : world.closeBypass(team));
