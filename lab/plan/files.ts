import { existsSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Incident } from "../../scenarios/incident.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { fileLimits, readJson } from "../files.ts";
import { namesIncidentFile, readIncident } from "./incident-files.ts";
import { profileSchema } from "./profile-schema.ts";

export interface ReadIn {
  /** Latencies are figures now, or names of `scenarios/profiles.ts`. */
  readonly scenario: Scenario;
  /** Those of files, with the path that names them for an id. */
  readonly incidents: readonly Incident[];
}

/**
 * Reads in the files that a scenario names: a recorded profile as a deployment's `latency`; a profile, an incident's own file, or one of a list or a
 * directory, as the `incident` of a fault. Paths count from the working directory or else from `folder`, where the scenario is. Throws LabError `profile_invalid`,
 * `incident_invalid`, `incident_ambiguous`.
 */
export function readFilesOf(scenario: Scenario, folder: string): ReadIn {
  const deployments = scenario.deployments.map((deployment) =>
    isFile(deployment.latency) ? withProfile(deployment, deployment.latency, folder) : deployment,
  );
  const named = scenario.faults.flatMap((fault) => (fault.kind === "incident" && namesIncidentFile(fault.incident) ? [fault.incident] : []));
  return { scenario: { ...scenario, deployments }, incidents: [...new Set(named)].map((name) => ({ ...readIncident(found(name, folder), name), id: name })) };
}

const isFile = (name: unknown): name is string => typeof name === "string" && name.endsWith(".json");

/** The profile's error bodies come along, unless the scenario gives others. */
function withProfile(deployment: Scenario["deployments"][number], name: string, folder: string): Scenario["deployments"][number] {
  const parsed = profileSchema.safeParse(contentOf(name, folder));
  if (!parsed.success) throw invalid(name, firstIssue(parsed.error));
  const { latency, upstream, recordedAt, errors } = parsed.data;
  if (latency === null) throw invalid(name, "it holds no latency: too few answers were recorded");
  const { firstTokenMsP50, firstTokenSigma, tokensPerSecond } = latency;
  const source = `recorded at ${upstream}, ${recordedAt}`;
  return { ...deployment, latency: { firstTokenMsP50, firstTokenSigma, tokensPerSecond, source }, errors: deployment.errors ?? errors };
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
    hint: "Name a profile that `blastlab record` wrote, or give the figures themselves",
  });
}
