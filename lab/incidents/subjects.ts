import { hashLetters } from "../../kernel/hash.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import type { Endpoint } from "../../kernel/endpoints.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { atLevel } from "../../scenarios/incident-level.ts";
import { providerFacts, providerOf, unknownProvider, type KnownProvider } from "../../scenarios/providers.ts";
import { incidentPhases } from "../../scenarios/faults/phases.ts";
import { hitApi } from "../../scenarios/faults/targets.ts";
import { askable } from "./core/question.ts";
import type { Subject } from "./core/subject.ts";
import { populationsOf } from "./populations.ts";
import { targetOfProse } from "./prose.ts";

export interface SubjectOptions {
  readonly seed: number;
  readonly speed: number;
  readonly level: number;
}

/**
 * An incident on each provider that it hits; where it hits none, on a stand-in of the provider that it is named after.
 */
export function subjectsOf(incident: Incident, options: SubjectOptions): readonly Subject[] {
  const prose = incident.target === undefined ? targetOfProse(incident) : null;
  const target = incident.target ?? prose!.target;
  const off = hitApi({ ...incident, target }) ? [] : [`it hit ${target.surfaces.join(", ")}, not the API: a scenario plays it with surface: ${target.surfaces[0]!}`];
  const known = [...(prose?.notes ?? []), ...off];
  if (target.providers.length > 0) return target.providers.map((provider) => subjectOf({ ...incident, target }, provider, known, options));
  const provider = providerOf(incident.provider);
  const standIn =
    prose === null ? `hits no provider's API: played on a stand-in of ${incident.provider}` : `no provider is known as ${incident.provider}: played on a stand-in in the format that most share`;
  return [subjectOf({ ...incident, target }, provider, [...known, standIn], options)];
}

function subjectOf(incident: Incident, provider: KnownProvider | null, notes: readonly string[], { seed, speed, level }: SubjectOptions): Subject {
  const planned = incidentPhases(atLevel(incident, level), 0, speed, { select: true });
  const facts = provider === null ? unknownProvider : providerFacts[provider];
  const { phases, unserved } = servable(planned, askable[facts.dialect]);
  return {
    incident: incident.id,
    phases,
    populations: populationsOf(phases, { name: provider ?? incident.provider, ...facts }),
    markKey: hashLetters(`mark/${seed}`),
    notes: [...notes, ...(unserved.length === 0 ? [] : [`the driver cannot ask for ${unserved.join(", ")}: played on ${askable[facts.dialect][0]}`])],
  };
}

/** A selector of endpoints that the driver cannot ask for would hit nothing that it sees: it selects by the rest. */
function servable(phases: readonly PlannedPhase[], served: readonly Endpoint[]): { readonly phases: readonly PlannedPhase[]; readonly unserved: readonly Endpoint[] } {
  const unserved = new Set<Endpoint>();
  const kept = phases.map((phase) => {
    const { endpoints, ...rest } = phase.select ?? {};
    if (endpoints === undefined || endpoints.some((endpoint) => served.includes(endpoint))) return phase;
    endpoints.forEach((endpoint) => unserved.add(endpoint));
    const { select: _, ...bare } = phase;
    return Object.keys(rest).length === 0 ? bare : { ...bare, select: rest };
  });
  return { phases: kept, unserved: [...unserved] };
}
