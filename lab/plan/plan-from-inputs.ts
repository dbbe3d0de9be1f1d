import { controlPlanOf } from "../../kernel/control-plan.ts";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";
import { withProfiles } from "./files.ts";
import { inputFiles, type Inputs } from "./kept-inputs.ts";
import { resolvePlan, type ResolvedPlan } from "./resolve.ts";

/**
 * The plan and the arrivals that inputs give: nothing else is read. `run`: its name. Throws as `resolvePlan` and the
 * parsers do.
 */
export function planFromInputs({ texts, kept }: Inputs, { run, requestsMax }: { readonly run: string; readonly requestsMax: number }): ResolvedPlan {
  const scenario = withProfiles(parseScenario(texts.scenario, inputFiles.scenario), kept.profiles);
  const stack = parseStack(texts.stack, inputFiles.stack);
  const { seed, speed, incidents } = kept;
  const { plan, arrivals } = resolvePlan({ scenario, stack, run, incidents, seed, speed, requestsMax });
  return { plan: kept.part === "control" ? controlPlanOf(plan) : plan, arrivals };
}
