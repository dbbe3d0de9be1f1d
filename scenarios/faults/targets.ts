import { matchesAny } from "../../kernel/glob.ts";
import type { Deployment } from "../../kernel/plan.ts";
import type { Incident } from "../incident.ts";
import { servedSurfaces, type Surface } from "../incident-target.ts";
import { selectorOf } from "./select.ts";

/** The fields of a deployment that decide whether an incident hits it. */
export type Targetable = Pick<Deployment, "name" | "provider" | "model" | "region">;

/**
 * The deployments that the incident's target names: by provider, and, where the target or one of its phases names some,
 * by model and region.
 */
export function hitDeployments(incident: Incident, deployments: readonly Targetable[]): readonly Targetable[] {
  const { target } = incident;
  if (target === undefined) return [];
  const selectors = incident.phases.map((phase) => selectorOf(target, phase.target));
  return deployments.filter(({ provider, model, region }) => {
    if (!target.providers.some((name) => name === provider)) return false;
    return selectors.some(({ models, regions }) => (models === undefined || matchesAny(models, model)) && (regions === undefined || matchesAny(regions, region ?? null)));
  });
}

/** Whether it hit what a simulator serves. One with a selector in prose alone counts as one of the API. */
export function hitApi({ target }: Incident): boolean {
  return target === undefined || target.surfaces.some((surface) => servedSurfaces.includes(surface));
}

/** Whether it may be played on a deployment: it hit the API, or the scenario names the surface that it hit. */
export function playable(incident: Incident, surface: Surface | undefined): boolean {
  return hitApi(incident) || (surface !== undefined && incident.target!.surfaces.includes(surface));
}

/** The incident and all that were one event with it, however they name each other; the incident first. */
export function oneEvent(incident: Incident, catalogue: readonly Incident[]): readonly Incident[] {
  const event = [incident];
  for (const member of event) {
    for (const other of catalogue) {
      const linked = member.correlatedWith?.includes(other.id) === true || other.correlatedWith?.includes(member.id) === true;
      if (linked && !event.includes(other)) event.push(other);
    }
  }
  return event;
}
