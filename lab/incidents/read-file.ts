import { LabError, messageOf } from "../../kernel/errors.ts";
import { fileLimits, readJson } from "../files.ts";
import { incidentSchema, type Incident } from "../../scenarios/incident.ts";
import type { z } from "zod";

/** Every phase must give the basis of these itself; the optional ones count as estimated where it does not. */
const optional = ["addedLatencyMs", "flap", "regionOverrides", "globalShare", "peakErrorRate"] as const;

/**
 * Incidents from a file: a list of them, one alone, or an object with `incidents`. Throws `LabError` `incident_invalid` with one line a
 * problem that names the incident, the phase and the field.
 */
export function readIncidentFile(file: string): readonly Incident[] {
  const list = incidentsIn(file, contentOf(file));
  const parsed = list.map((value, index) => ({ name: nameOf(value, index), result: incidentSchema.safeParse(withGuesses(value)) }));
  const problems = parsed.flatMap(({ name, result }) => (result.success ? [] : result.error.issues.flatMap((issue) => problemLines(name, issue))));
  const incidents = parsed.flatMap(({ result }) => (result.success ? [result.data] : []));
  const twice = incidents.filter(({ id }, index) => incidents.findIndex((other) => other.id === id) < index);
  const all = [...problems, ...twice.map(({ id }) => `incident "${id}": id: Is given twice`)];
  if (all.length > 0) throw invalid(file, `\n${all.map((line) => `  ${line}`).join("\n")}`);
  return incidents;
}

function contentOf(file: string): unknown {
  try {
    return readJson(file, fileLimits.incidentsBytesMax);
  } catch (error) {
    throw invalid(file, messageOf(error));
  }
}

function incidentsIn(file: string, data: unknown): readonly unknown[] {
  const inner = isObject(data) && Array.isArray(data["incidents"]) ? data["incidents"] : data;
  const list: readonly unknown[] = Array.isArray(inner) ? inner : [inner];
  if (list.length === 0) throw invalid(file, "it holds no incident");
  return list;
}

function withGuesses(value: unknown): unknown {
  if (!isObject(value) || !Array.isArray(value["phases"])) return value;
  return { ...value, phases: value["phases"].map((phase: unknown) => phaseWithGuesses(phase)) };
}

function phaseWithGuesses(phase: unknown): unknown {
  if (!isObject(phase) || !isObject(phase["basis"])) return phase;
  const missing = optional.filter((field) => field in phase && !(field in (phase["basis"] as object)));
  return { ...phase, basis: { ...phase["basis"], ...Object.fromEntries(missing.map((field) => [field, "estimated"])) } };
}

/** `incident "x", phase 2, errorRate: Too big`; phases count from 1, as `incidents show` counts them. */
function problemLines(name: string, { path, message }: z.core.$ZodIssue): readonly string[] {
  const [first, second, ...rest] = path.map(String);
  if (first !== "phases" || second === undefined) return [`${name}, ${path.length === 0 ? "as a whole" : path.join(".")}: ${message}`];
  return [`${name}, phase ${Number(second) + 1}, ${rest.length === 0 ? "as a whole" : rest.join(".")}: ${message}`];
}

function nameOf(value: unknown, index: number): string {
  const id = isObject(value) ? value["id"] : undefined;
  return typeof id === "string" && id !== "" ? `incident "${id}"` : `incident number ${index + 1}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(file: string, detail: string): LabError {
  return new LabError({
    exit: "refused",
    code: "incident_invalid",
    message: `Cannot use the incidents of "${file}": ${detail}`,
    hint: "scenarios/incident.ts describes an incident; `blastlab incidents show ID --json` prints one",
  });
}
