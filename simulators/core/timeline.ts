import type { PlannedIncident, PlannedPhase } from "../../kernel/plan.ts";
import type { SimulatorConfig } from "./config.ts";

/** An incident in force at one moment, and the phase that it is in. */
export interface InForce {
  readonly incident: string;
  readonly phase: PlannedPhase;
}

/**
 * What hits this deployment at `atMs` of the run's timeline; null outside all phases and before time zero. Where two incidents overlap the
 * first in the config's order counts: one attempt has one incident on its wire record.
 */
export function inForce(config: SimulatorConfig, atMs: number): InForce | null {
  if (atMs < 0) return null;
  for (const incident of config.incidents) {
    if (!incident.deployments.includes(config.deployment.name)) continue;
    const phase = phaseAt(incident, atMs);
    if (phase !== null) return { incident: incident.incident, phase };
  }
  return null;
}

function phaseAt(incident: PlannedIncident, atMs: number): PlannedPhase | null {
  return incident.phases.find((phase) => phase.fromMs <= atMs && atMs < phase.toMs) ?? null;
}
