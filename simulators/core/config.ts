import type { Deployment, PlannedIncident } from "../../kernel/plan.ts";

/** One simulator plays one deployment: a provider's model at one address. */
export interface SimulatorConfig {
  readonly seed: number;
  readonly deployment: Deployment;
  /** What an answer of kind `other_model` says it is by. */
  readonly otherModel: string;
  readonly markKey: string;
  /** Those that hit this deployment, on the run's timeline. */
  readonly incidents: readonly PlannedIncident[];
}
