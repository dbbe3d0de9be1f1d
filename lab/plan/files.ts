import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { incidentSchema, type Incident } from "../../scenarios/incident.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { fileLimits, readJson } from "../files.ts";

/** What a profile of `blastlab record` holds for a scenario (lab/record/profile-file.ts writes it). */
const profileSchema = z.object({
  schema: z.literal("blastlab.profile/1"),
  upstream: z.string(),
  recordedAt: z.string(),
  latency: z.object({ firstTokenMsP50: z.number().positive(), firstTokenSigma: z.number().min(0).max(3), tokensPerSecond: z.number().positive() }).nullable(),
  errors: z.array(z.object({ status: z.int().min(400).max(599), contentType: z.string(), retryAfterS: z.int().nullable(), body: z.string(), count: z.int().positive() })),
  incident: z.unknown(),
});

export interface ReadIn {
  /** Latencies are figures now, or names of `scenarios/profiles.ts`. */
  readonly scenario: Scenario;
  /** Those of files, with the path that names them for an id. */
  readonly incidents: readonly Incident[];
}

/**
 * Reads in the files that a scenario names: a recorded profile as a deployment's `latency`; a profile, or an incident's own file, as the `incident`
 * of a fault. Paths count from the working directory or else from `folder`, where the scenario is. Throws LabError `profile_invalid`,
 * `incident_invalid`.
 */
export function readFilesOf(scenario: Scenario, folder: string): ReadIn {
  const deployments = scenario.deployments.map((deployment) =>
    isFile(deployment.latency) ? withProfile(deployment, deployment.latency, folder) : deployment,
  );
  const named = scenario.faults.flatMap((fault) => (fault.kind === "incident" && isFile(fault.incident) ? [fault.incident] : []));
  return { scenario: { ...scenario, deployments }, incidents: [...new Set(named)].map((name) => ({ ...incidentOf(name, folder), id: name })) };
}

const isFile = (name: unknown): name is string => typeof name === "string" && name.endsWith(".json");

/** The profile's error bodies come along, unless the scenario gives others. */
function withProfile(deployment: Scenario["deployments"][number], name: string, folder: string): Scenario["deployments"][number] {
  const parsed = profileSchema.safeParse(contentOf(name, folder, "profile_invalid"));
  if (!parsed.success) throw invalid("profile_invalid", name, firstIssue(parsed.error));
  const { latency, upstream, recordedAt, errors } = parsed.data;
  if (latency === null) throw invalid("profile_invalid", name, "it holds no latency: too few answers were recorded");
  const { firstTokenMsP50, firstTokenSigma, tokensPerSecond } = latency;
  const source = `recorded at ${upstream}, ${recordedAt}`;
  return { ...deployment, latency: { firstTokenMsP50, firstTokenSigma, tokensPerSecond, source }, errors: deployment.errors ?? errors };
}

function incidentOf(name: string, folder: string): Incident {
  const content = contentOf(name, folder, "incident_invalid");
  const profile = profileSchema.safeParse(content);
  if (profile.success && profile.data.incident === null) throw invalid("incident_invalid", name, "nothing went wrong in that recording");
  const parsed = incidentSchema.safeParse(profile.success ? profile.data.incident : content);
  if (!parsed.success) throw invalid("incident_invalid", name, firstIssue(parsed.error));
  return parsed.data;
}

function contentOf(name: string, folder: string, code: string): unknown {
  const file = existsSync(name) ? name : path.resolve(folder, name);
  try {
    return readJson(file, fileLimits.incidentsBytesMax);
  } catch (error) {
    throw invalid(code, name, messageOf(error));
  }
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.map(String).join(".") || "(root)"}: ${issue?.message}`;
}

function invalid(code: string, name: string, detail: string): LabError {
  return new LabError({
    exit: "refused",
    code,
    message: `Cannot use "${name}": ${detail}`,
    hint: code === "profile_invalid" ? "Name a profile that `blastlab record` wrote, or give the figures themselves" : "Name a file that `blastlab record` or `blastlab incidents import` wrote, or an id of `blastlab incidents`",
  });
}
