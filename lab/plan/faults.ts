import { LabError } from "../../kernel/errors.ts";
import type { PlannedFault, PlannedIncident } from "../../kernel/plan.ts";
import { didYouMean } from "../../scenarios/closest.ts";
import type { Incident } from "../../scenarios/incident.ts";
import type { ScenarioFault } from "../../scenarios/schema-faults.ts";
import { incidentPhases, inlinePhases } from "./phases.ts";

export interface FaultSettings {
  readonly incidents: readonly Incident[];
  /** Start of the fault window on the run's timeline. */
  readonly faultFromMs: number;
  /** The scenario's own speed. */
  readonly speed: number;
  /** How much faster than the file says this run is to be: divides every offset and length that the file gives. */
  readonly scale: number;
}

/** What the simulators will play by themselves. Throws `LabError` `unknown_incident`. */
export function plannedIncidents(faults: readonly ScenarioFault[], settings: FaultSettings): readonly PlannedIncident[] {
  return faults.flatMap((fault): readonly PlannedIncident[] => {
    if (fault.kind !== "incident" && fault.kind !== "outage") return [];
    const fromMs = startOf(fault.fromMs, settings);
    const phases =
      fault.kind === "outage"
        ? inlinePhases(fault.phases, fromMs, settings.scale)
        : incidentPhases(findIncident(fault.incident, settings.incidents), fromMs, (fault.speed ?? settings.speed) * settings.scale);
    return [{ incident: fault.kind === "outage" ? fault.name : fault.incident, deployments: fault.deployments, phases }];
  });
}

/** What the conductor will inject. Ids are unique and fit for the name of a toxic. */
export function plannedFaults(faults: readonly ScenarioFault[], settings: FaultSettings): readonly PlannedFault[] {
  return faults.flatMap((fault, index): readonly PlannedFault[] => {
    if (fault.kind !== "toxic" && fault.kind !== "link_down") return [];
    const fromMs = startOf(fault.fromMs, settings);
    const times = { fromMs, toMs: fromMs + Math.max(1, Math.round(fault.lengthMs / settings.scale)) };
    if (fault.kind === "link_down") return [{ id: `f${index}-down-${fault.deployment}`, ...times, kind: "link_down", deployment: fault.deployment }];
    const { deployment, toxic, stream, toxicity, attributes } = fault;
    return [{ id: `f${index}-${toxic}-${deployment}`, ...times, kind: "toxic", deployment, toxic, stream, toxicity, attributes }];
  });
}

const startOf = (fromMs: number, settings: FaultSettings) => settings.faultFromMs + Math.round(fromMs / settings.scale);

/** The incident of that id. Throws `LabError` `unknown_incident`, naming the closest. */
export function findIncident(id: string, incidents: readonly Incident[]): Incident {
  const found = incidents.find((incident) => incident.id === id);
  if (found !== undefined) return found;
  throw new LabError({
    exit: "refused",
    code: "unknown_incident",
    message: `Cannot find incident "${id}": it is not one of the ${incidents.length} in the catalogue`,
    hint: didYouMean(id, incidents.map((incident) => incident.id), "List them with: blastlab incidents"),
  });
}
