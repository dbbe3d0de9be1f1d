import type { Plan } from "../../kernel/plan.ts";
import { componentsOf } from "../../kernel/topology.ts";
import type { SystemView } from "../systems/system.ts";
import type { RunDirectory } from "./directory.ts";

/** What whoever writes the client tap must know of the run. */
export interface ClientContext {
  readonly directory: RunDirectory;
  readonly plan: Plan;
  readonly system: SystemView;
  /** From which clients read whether their team goes past the gateways. */
  readonly targetFile?: string | undefined;
}

/** The settings that the embedded load generator and the measuring relay share. */
export function clientSettings({ directory, plan, system, targetFile }: ClientContext) {
  return {
    run: plan.run,
    seed: plan.seed,
    arrivals: directory.arrivals,
    targets: system.targets,
    tryOthers: componentsOf(plan, "edge").length > 0,
    pins: system.pins,
    headers: system.headers,
    ...(targetFile !== undefined && { targetFile }),
    tap: directory.tap("client"),
  };
}
