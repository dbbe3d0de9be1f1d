import { z } from "zod";
import { LabError } from "../../kernel/errors.ts";
import { didYouMean } from "../closest.ts";
import type { Incident } from "../incident.ts";
import { surfaces, type Surface } from "../incident-target.ts";
import { plannerOf, startOf, type FaultContext, type FaultDraft } from "./fault-planner.ts";
import { incidentPhases } from "./phases.ts";
import { changesNothing, outageDraft, type OutageSettings } from "./provider-outage.ts";
import { selectSchema } from "./select-schema.ts";
import { hitApi, hitDeployments, oneEvent, playable, type Targetable } from "./targets.ts";

const schema = z.strictObject({
  kind: z.literal("incident"),
  incident: z.string().min(1).describe("Id in the catalogue: blastlab incidents"),
  deployments: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Those that stand for what was hit. If not given, all that the incident's target names, and its correlated incidents on those that theirs name"),
  select: z
    .union([z.literal("target"), selectSchema])
    .optional()
    .describe("Hits only these requests; target: those that the incident's target names, as where no deployments are given"),
  surface: z
    .enum(surfaces)
    .optional()
    .describe("Plays what hit this surface of the provider, such as web, as if it had hit the API; an incident that did not hit the API needs it"),
  speed: z.number().min(1).optional().describe("Instead of the scenario's"),
  fromMs: z.int().min(0).default(0).describe("From the start of the fault window, ms"),
}).describe("A dated outage of the catalogue, played by the providers that it hit");

type IncidentFault = z.infer<typeof schema>;

/**
 * A dated outage of the catalogue, on the deployments that the fault names, or on all that the incident and those of
 * one event with it hit, each as much later as it was. Throws LabError `unknown_incident`, `incident_off_surface`,
 * `incident_hits_nothing`, `incident_changes_nothing`.
 */
export const incident = plannerOf(schema, (fault, context) => {
  const found = findIncident(fault.incident, context.incidents);
  if (!playable(found, fault.surface)) throw offSurface(found, fault.surface);
  const speed = (fault.speed ?? context.speed) * context.scale;
  const fromMs = startOf(fault.fromMs, context);
  if (fault.deployments !== undefined) {
    const named = fault.deployments.flatMap((name) => context.deployments.find((deployment) => deployment.name === name) ?? []);
    return withEffect(found, played(found, named, { fault, fromMs, speed, context }));
  }
  const members = oneEvent(found, context.incidents).filter((member) => playable(member, fault.surface));
  const event = members.map((member) => ({ member, hit: hitDeployments(member, context.deployments) }));
  const hitting = event.filter(({ hit }) => hit.length > 0);
  if (hitting.length === 0) throw hitsNothing(found);
  const firstMs = Math.min(...hitting.map(({ member }) => Date.parse(member.start)));
  const drafts = hitting.flatMap(({ member, hit }) => {
    const laterMs = Math.round((Date.parse(member.start) - firstMs) / speed);
    return played(member, hit, { fault: { ...fault, select: fault.select ?? "target" }, fromMs: fromMs + laterMs, speed, context });
  });
  return withEffect(found, drafts);
});

/**
 * Without what changes nothing: a region that was spared. Throws LabError `incident_changes_nothing` when nothing is
 * left.
 */
function withEffect({ id }: Incident, drafts: readonly FaultDraft<OutageSettings>[]): readonly FaultDraft[] {
  const kept = drafts.filter(({ settings }) => !changesNothing(settings.phases));
  if (kept.length > 0) return kept;
  throw new LabError({
    exit: "refused",
    code: "incident_changes_nothing",
    message: `Cannot play incident "${id}": none of its phases changes anything: 0 % errors, latency x1`,
    hint: "A run of it would hold on any stack. Choose another incident: npx blastlab incidents",
  });
}

/** One entry for all deployments, but for those of a region that fared otherwise. */
function played(
  incident: Incident,
  deployments: readonly Targetable[],
  how: { fault: IncidentFault; fromMs: number; speed: number; context: FaultContext },
): readonly FaultDraft<OutageSettings>[] {
  const { fault, fromMs, speed, context } = how;
  const regions = new Set(incident.phases.flatMap(({ regionOverrides = {} }) => Object.keys(regionOverrides)));
  const groups = Map.groupBy(deployments, ({ region }) => (region !== undefined && regions.has(region) ? region : undefined));
  return [...groups].map(([region, members]) => {
    const { select, surface } = fault;
    const phases = incidentPhases(incident, fromMs, speed, { region, select: select === "target" });
    const narrowed = select === undefined || select === "target" ? phases : phases.map((phase) => ({ ...phase, select }));
    return outageDraft({
      name: incident.id,
      title: `Outage of ${incident.provider} on ${incident.start.slice(0, 10)}${hitApi(incident) ? "" : `, which hit ${surface!} and not the API, played`}`,
      deployments: members.map(({ name }) => name),
      phases: narrowed,
      context,
    });
  });
}

/** The incident of that id. Throws `LabError` `unknown_incident`, naming the closest. */
export function findIncident(id: string, incidents: readonly Incident[]): Incident {
  const found = incidents.find((candidate) => candidate.id === id);
  if (found !== undefined) return found;
  throw new LabError({
    exit: "refused",
    code: "unknown_incident",
    message: `Cannot find incident "${id}": it is not one of the ${incidents.length} in the catalogue`,
    hint: didYouMean(id, incidents.map((candidate) => candidate.id), "List them with: npx blastlab incidents"),
  });
}

function offSurface({ id, target }: Incident, surface: Surface | undefined): LabError {
  const hit = target!.surfaces;
  return new LabError({
    exit: "refused",
    code: "incident_off_surface",
    message: `Cannot play incident "${id}": it hit ${hit.join(", ")}, ${surface === undefined ? "not the API, which is what a simulator serves" : `not ${surface}`}`,
    hint: `To play it on the API all the same, name the surface in the fault: surface: ${hit[0]!}`,
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
