import type { PlannedPhase } from "../../kernel/plan.ts";

/** What a phase does, before it is placed on the timeline. */
export type Behaviour = Omit<PlannedPhase, "index" | "fromMs" | "toMs">;
