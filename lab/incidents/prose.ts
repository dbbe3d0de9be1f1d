import type { Incident } from "../../scenarios/incident.ts";
import type { IncidentTarget } from "../../scenarios/incident-target.ts";
import { providerOf } from "../../scenarios/providers.ts";

/** Phrases of prose selectors that have a meaning for a machine; others have none. */
const known: Readonly<Record<string, Partial<IncidentTarget>>> = {
  uniform: {},
  random: {},
  all: {},
  streaming: { stream: true },
  "new-connections": { newConnectionsOnly: true },
};

/**
 * The target of an incident that has only prose: an unknown selector applies to all requests of the provider, and the
 * notes report so.
 */
export function targetOfProse(incident: Pick<Incident, "provider" | "selectivity">): { readonly target: IncidentTarget; readonly notes: readonly string[] } {
  const words = incident.selectivity.split(/[;+,]/).map((word) => word.trim()).filter((word) => word !== "");
  const unknown = words.filter((word) => known[word.toLowerCase()] === undefined);
  const provider = providerOf(incident.provider);
  const selector = unknown.length > 0 ? {} : Object.assign({}, ...words.map((word) => known[word.toLowerCase()])) as Partial<IncidentTarget>;
  return {
    target: { providers: provider === null ? [] : [provider], surfaces: ["api"], ...selector, basis: {} },
    notes: unknown.length === 0 ? [] : [`selector "${incident.selectivity}" is prose: applied to all requests of ${incident.provider}`],
  };
}
