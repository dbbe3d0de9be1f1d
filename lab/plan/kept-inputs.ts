import { createHash } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { InputsEvidence } from "../../observer/measure/inputs.ts";
import { incidentSchema, type Incident } from "../../scenarios/incident.ts";
import { oneEvent } from "../../scenarios/faults/targets.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { fileLimits, readJson, readText } from "../files.ts";
import { plannerVersion } from "./planner-version.ts";
import { keptProfileSchema, type Profiles } from "./profile-schema.ts";

/**
 * What a plan is made from besides the scenario's and the stack's text: `inputs.json` of a run directory. With the two
 * texts it gives the plan and the arrivals again, whatever has become of the catalogue and of the user's files since.
 */
export interface KeptInputs {
  readonly schema: "blastlab.inputs/1";
  /** Of the code that made the plan. */
  readonly planner: number;
  /** `control`: the plan is that of the run without its faults. */
  readonly part: "run" | "control";
  readonly seed: number;
  readonly speed: number;
  /**
   * Those that the scenario's faults name, and those of one event with them, by the name that the scenario has for
   * them.
   */
  readonly incidents: readonly Incident[];
  /** Recorded profiles that the scenario's deployments name, by that name. */
  readonly profiles: Profiles;
}

/** The files as they are run, overrides applied. */
export interface InputTexts {
  readonly scenario: string;
  readonly stack: string;
}

/** All that a plan is a function of. */
export interface Inputs {
  readonly texts: InputTexts;
  readonly kept: KeptInputs;
}

/** Where a run directory has them. */
export const inputFiles = { scenario: "scenario.yaml", stack: "stack.yaml", kept: "inputs.json" } as const;

/** An incident of a file has the name that the scenario has for it, which need not look like an id. */
const keptIncidentSchema = z.looseObject({ id: z.string() }).transform((value, context): Incident => {
  const parsed = incidentSchema.safeParse({ ...value, id: "kept" });
  if (parsed.success) return { ...parsed.data, id: value.id };
  for (const { path: at, message } of parsed.error.issues) context.addIssue({ code: "custom", path: [...at], message });
  return z.NEVER;
});

const keptSchema = z.strictObject({
  schema: z.literal("blastlab.inputs/1"),
  planner: z.int(),
  part: z.enum(["run", "control"]),
  seed: z.number(),
  speed: z.number(),
  incidents: z.array(keptIncidentSchema),
  profiles: keptProfileSchema,
});

/** What is kept of a run that is planned now. `incidents`: all that the scenario may name. */
export function keptInputs({ scenario, incidents, profiles, seed, speed }: { scenario: Scenario; incidents: readonly Incident[]; profiles: Profiles; seed: number; speed: number }): KeptInputs {
  const named = scenario.faults.flatMap((fault) => (fault.kind === "incident" ? incidents.filter(({ id }) => id === fault.incident) : []));
  const played = new Set(named.flatMap((incident) => oneEvent(incident, incidents)));
  return { schema: "blastlab.inputs/1", planner: plannerVersion, part: "run", seed, speed, incidents: incidents.filter((incident) => played.has(incident)), profiles };
}

/** Throws an Error that names the file and what is wrong with it. */
export function readInputs(directory: string): Inputs {
  const read = <T>(name: string, reader: (file: string) => T): T => {
    try {
      return reader(path.join(directory, name));
    } catch (error) {
      throw new Error(`${name}: ${error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, " ") : messageOf(error)}`, { cause: error });
    }
  };
  const kept = read(inputFiles.kept, (file) => keptSchema.parse(readJson(file, fileLimits.incidentsBytesMax)));
  const text = (file: string) => readText(file, fileLimits.scenarioBytesMax);
  return { texts: { scenario: read(inputFiles.scenario, text), stack: read(inputFiles.stack, text) }, kept };
}

/** SHA-256 of all that the plan is a function of. */
export function inputsDigest(inputs: Inputs): string {
  return createHash("sha256").update(canonicalJson(inputs)).digest("hex");
}

/** What a verdict says of a plan that was made a moment ago. */
export function justPlanned(inputs: Inputs): InputsEvidence {
  return { sha256: inputsDigest(inputs), recomputed: true, planDiffers: false, problems: [], notes: [] };
}
