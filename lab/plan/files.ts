import { existsSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Incident } from "../../scenarios/incident.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { fileLimits, readJson } from "../files.ts";
import { incidentGate, profileGate } from "./gate.ts";
import { namesIncidentFile, readIncident } from "./incident-files.ts";
import { profileSchema, type Profiles } from "./profile-schema.ts";

export interface ReadIn {
  /** By the path that names them. */
  readonly profiles: Profiles;
  /** Those of files, with the path that names them for an id. */
  readonly incidents: readonly Incident[];
}

/**
 * Reads the files that a scenario names: a recorded profile as a deployment's `latency`; a profile, an incident's own
 * file, or one of a list or a directory, as the `incident` of a fault. Paths count from the working directory or else
 * from `folder`, where the scenario is. Throws LabError `profile_invalid`, `incident_invalid`, `incident_ambiguous`.
 */
export function readFilesOf(scenario: Scenario, folder: string): ReadIn {
  const recorded = scenario.deployments.flatMap(({ latency }) => (isFile(latency) ? [latency] : []));
  const named = scenario.faults.flatMap((fault) => (fault.kind === "incident" && namesIncidentFile(fault.incident) ? [fault.incident] : []));
  return {
    profiles: Object.fromEntries([...new Set(recorded)].map((name) => [name, readProfile(name, folder)])),
    incidents: [...new Set(named)].map((name) => ({ ...gated(readIncident(found(name, folder), name), name), id: name })),
  };
}

function gated(incident: Incident, name: string): Incident {
  const [problem] = incidentGate(incident);
  if (problem === undefined) return incident;
  const message = `Cannot use the incident "${name}": ${problem.path.map(String).join(".")}: ${problem.message}`;
  throw new LabError({ exit: "refused", code: "incident_invalid", message, hint: "docs/safety.md says what a file may name" });
}

const isFile = (name: unknown): name is string => typeof name === "string" && name.endsWith(".json");

function readProfile(name: string, folder: string): Profiles[string] {
  const parsed = profileSchema.safeParse(contentOf(name, folder));
  if (!parsed.success) throw invalid(name, firstIssue(parsed.error));
  const [problem] = profileGate(parsed.data);
  if (problem !== undefined) throw invalid(name, `${problem.path.map(String).join(".")}: ${problem.message}`);
  const { latency, upstream, recordedAt, errors } = parsed.data;
  if (latency === null) throw invalid(name, "it holds no latency: too few answers were recorded");
  return { latency: { ...latency, source: `recorded at ${upstream}, ${recordedAt}` }, errors };
}

/**
 * The scenario with figures in place of the profiles that it names. A profile's error bodies come along, unless the
 * scenario gives others.
 */
export function withProfiles(scenario: Scenario, profiles: Profiles): Scenario {
  const deployments = scenario.deployments.map((deployment) => {
    const profile = isFile(deployment.latency) && Object.hasOwn(profiles, deployment.latency) ? profiles[deployment.latency] : undefined;
    return profile === undefined ? deployment : { ...deployment, latency: profile.latency, errors: deployment.errors ?? profile.errors };
  });
  return { ...scenario, deployments };
}

function contentOf(name: string, folder: string): unknown {
  try {
    return readJson(found(name, folder), fileLimits.incidentsBytesMax);
  } catch (error) {
    throw invalid(name, messageOf(error));
  }
}

/** From the working directory, or else from the scenario's folder. */
function found(name: string, folder: string): string {
  return existsSync(name.split("#")[0]!) ? name : path.resolve(folder, name);
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.map(String).join(".") || "(root)"}: ${issue?.message}`;
}

function invalid(name: string, detail: string): LabError {
  return new LabError({
    exit: "refused",
    code: "profile_invalid",
    message: `Cannot use "${name}": ${detail}`,
    hint: "Name a profile that `npx blastlab record` wrote, or give the figures themselves",
  });
}
