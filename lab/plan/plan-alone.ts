import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";
import { withProfiles } from "./files.ts";
import { inputFiles, type Inputs } from "./kept-inputs.ts";
import { resolvePlan } from "./resolve.ts";

/** As a scenario writes them. */
export interface WrittenAlone {
  readonly faults?: readonly object[];
  readonly actions?: readonly object[];
}

/**
 * The same scenario on the same stack with these faults and steps alone. Null: the stack cannot have them, or `check`
 * throws LabError.
 */
export function planAlone({ texts, kept }: Inputs, run: string, { faults = [], actions = [] }: WrittenAlone, check: (plan: Plan) => void = () => {}): Plan | null {
  try {
    const sets = [{ path: "faults", value: JSON.stringify(faults) }, { path: "actions", value: JSON.stringify(actions) }];
    const scenario = withProfiles(parseScenario(texts.scenario, inputFiles.scenario, sets), kept.profiles);
    // No arrival of it is sent: one a second is enough to plan with.
    const workload = { ...scenario.workload, requestsPerSecond: 1, warmupRequestsPerSecond: undefined };
    const stack = parseStack(texts.stack, inputFiles.stack);
    const { plan } = resolvePlan({ scenario: { ...scenario, workload }, stack, run, incidents: kept.incidents, seed: kept.seed, speed: kept.speed });
    check(plan);
    return plan;
  } catch (error) {
    if (error instanceof LabError) return null;
    throw error;
  }
}
