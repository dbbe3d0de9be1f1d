import type { PlannedIncident, PlannedPhase } from "../../kernel/plan.ts";
import type { WireRequest } from "../../kernel/transport.ts";
import type { SimulatorConfig } from "./config.ts";
import { factsOf, selects } from "./selector.ts";

/** An incident in force at one moment, and the phase that it is in. */
export interface InForce {
  readonly incident: string;
  readonly phase: PlannedPhase;
}

/**
 * What hits this deployment at `atMs` of the run's timeline; null outside all phases and before time zero. Where two
 * incidents overlap the first in the config's order counts: one attempt has one incident on its wire record. A phase
 * that selects is in force for the requests that it selects alone, and so for none where no `request` is given.
 */
export function inForce(config: SimulatorConfig, atMs: number, request: WireRequest | null = null): InForce | null {
  if (atMs < 0) return null;
  for (const incident of config.incidents) {
    if (!incident.deployments.includes(config.deployment.name)) continue;
    const phase = phaseAt(incident, atMs);
    if (phase !== null && isHit(config, incident.incident, phase, request)) return { incident: incident.incident, phase };
  }
  return null;
}

function isHit(config: SimulatorConfig, incident: string, phase: PlannedPhase, request: WireRequest | null): boolean {
  if (phase.select === undefined) return true;
  const scene = { seed: config.seed, incident, region: config.deployment.region };
  return request !== null && selects(phase.select, scene, () => factsOf(request));
}

function phaseAt(incident: PlannedIncident, atMs: number): PlannedPhase | null {
  return incident.phases.find((phase) => phase.fromMs <= atMs && atMs < phase.toMs) ?? null;
}
