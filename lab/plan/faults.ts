import { LabError } from "../../kernel/errors.ts";
import type { PlannedFault, PlannedIncident } from "../../kernel/plan.ts";
import { didYouMean } from "../../scenarios/closest.ts";
import type { Incident } from "../../scenarios/incident.ts";
import type { ScenarioFault } from "../../scenarios/schema-faults.ts";
import { shapedPhases } from "../../scenarios/shapes.ts";
import { incidentPhases, inlinePhases } from "./phases.ts";
import { hitDeployments, oneEvent, type Targetable } from "./targets.ts";

export interface FaultSettings {
  readonly incidents: readonly Incident[];
  readonly deployments: readonly Targetable[];
  /** Start of the fault window on the run's timeline. */
  readonly faultFromMs: number;
  /** The scenario's own speed. */
  readonly speed: number;
  /** How much faster than the file says this run is to be: divides every offset and length that the file gives. */
  readonly scale: number;
}

type IncidentFault = Extract<ScenarioFault, { kind: "incident" }>;
type OutageFault = Extract<ScenarioFault, { kind: "outage" }>;

/** What the simulators will play by themselves. Throws `LabError` `unknown_incident`, or `incident_hits_nothing`. */
export function plannedIncidents(faults: readonly ScenarioFault[], settings: FaultSettings): readonly PlannedIncident[] {
  return faults.flatMap((fault): readonly PlannedIncident[] => {
    if (fault.kind === "outage") return [plannedOutage(fault, settings)];
    return fault.kind === "incident" ? plannedFromCatalogue(fault, settings) : [];
  });
}

function plannedOutage(fault: OutageFault, settings: FaultSettings): PlannedIncident {
  const { shape } = fault;
  const written = shape === undefined ? fault.phases! : shapedPhases(shape).map((phase) => ({ ...shapeless, ...phase, statusMix: shape.statusMix }));
  const phases = written.map((phase) => (fault.select === undefined ? phase : { ...phase, select: { ...fault.select, ...phase.select } }));
  return { incident: fault.name, deployments: fault.deployments, phases: inlinePhases(phases, startOf(fault.fromMs, settings), settings.scale) };
}

/** What no shape sets. */
const shapeless = { streamTruncationRate: 0, wrongOutputKind: "garbled" } as const;

/** On the deployments that the fault names, or on all that the incident and those of one event with it hit, each as much later as it was. */
function plannedFromCatalogue(fault: IncidentFault, settings: FaultSettings): readonly PlannedIncident[] {
  const incident = findIncident(fault.incident, settings.incidents);
  const speed = (fault.speed ?? settings.speed) * settings.scale;
  const fromMs = startOf(fault.fromMs, settings);
  if (fault.deployments !== undefined) {
    const named = fault.deployments.flatMap((name) => settings.deployments.find((deployment) => deployment.name === name) ?? []);
    return played(incident, named, { fault, fromMs, speed });
  }
  const event = oneEvent(incident, settings.incidents).map((member) => ({ member, hit: hitDeployments(member, settings.deployments) }));
  const hitting = event.filter(({ hit }) => hit.length > 0);
  if (hitting.length === 0) throw hitsNothing(incident);
  const firstMs = Math.min(...hitting.map(({ member }) => Date.parse(member.start)));
  return hitting.flatMap(({ member, hit }) =>
    played(member, hit, { fault: { ...fault, select: fault.select ?? "target" }, fromMs: fromMs + Math.round((Date.parse(member.start) - firstMs) / speed), speed }),
  );
}

/** One entry for all deployments, but for those of a region that fared otherwise. */
function played(incident: Incident, deployments: readonly Targetable[], how: { fault: IncidentFault; fromMs: number; speed: number }): readonly PlannedIncident[] {
  const { fault, fromMs, speed } = how;
  const regions = new Set(incident.phases.flatMap(({ regionOverrides = {} }) => Object.keys(regionOverrides)));
  const groups = Map.groupBy(deployments, ({ region }) => (region !== undefined && regions.has(region) ? region : undefined));
  return [...groups].map(([region, members]) => {
    const phases = incidentPhases(incident, fromMs, speed, { region, select: fault.select === "target" });
    const { select } = fault;
    const narrowed = select === undefined || select === "target" ? phases : phases.map((phase) => ({ ...phase, select }));
    return { incident: incident.id, deployments: members.map(({ name }) => name), phases: narrowed };
  });
}

function hitsNothing({ id, target }: Incident): LabError {
  const providers = target?.providers ?? [];
  const models = target?.models === undefined ? "" : `, models ${target.models.join(", ")}`;
  const regions = target?.regions === undefined ? "" : `, regions ${target.regions.join(", ")}`;
  return new LabError({
    exit: "refused",
    code: "incident_hits_nothing",
    message: `Cannot play incident "${id}": it hits none of the scenario's deployments (${providers.length === 0 ? "it hit no provider" : `providers ${providers.join(", ")}${models}${regions}`})`,
    hint: "Name the deployments that are to stand for what was hit: deployments: [...]",
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
