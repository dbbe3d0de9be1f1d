import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { incidentSchema, type Incident } from "../../scenarios/incident.ts";
import { fileLimits, readJson, readParts } from "../files.ts";
import { JsonElements } from "../json-elements.ts";
import { profileSchema } from "./profile-schema.ts";

/** Every phase must give the basis of these itself; the optional ones count as estimated where it does not. */
const optional = ["addedLatencyMs", "flap", "regionOverrides", "globalShare", "peakErrorRate"] as const;

/**
 * Whether a name is a path of incidents, `FILE.json` or `FILE.json#ID` or `DIRECTORY#ID`, and no id of the catalogue.
 */
export function namesIncidentFile(name: string): boolean {
  return name.endsWith(".json") || name.includes("#");
}

/**
 * All incidents of a path, one after the other, so that a long list is never in memory: what `incidents import` and
 * `record` write, and what `incidents show --json` prints. A file holds a list, one alone, an object with `incidents`,
 * or a recorded profile; a directory holds such files. Throws `LabError` `incident_invalid` after the last one, with
 * one line a problem that names the incident, the phase and the field.
 */
export function* incidentsIn(name: string): Generator<Incident> {
  try {
    yield* allOf(name);
  } catch (error) {
    throw error instanceof LabError ? error : invalid(name, messageOf(error));
  }
}

function* allOf(name: string): Generator<Incident> {
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const { value, label } of named(name)) {
    const { data, error } = incidentSchema.safeParse(withGuesses(value));
    if (data === undefined) problems.push(...error.issues.flatMap((issue) => problemLines(label, issue)));
    else if (seen.has(data.id)) problems.push(`incident "${data.id}": id: Is given twice`);
    if (problems.length > problemsMax) break;
    if (data === undefined) continue;
    seen.add(data.id);
    if (problems.length === 0) yield data;
  }
  if (problems.length > 0) throw new Error(`\n${problems.map((line) => `  ${line}`).join("\n")}`);
  if (seen.size === 0) throw new Error("it holds no incident");
}

/**
 * One incident by its path: the only one of `FILE.json`, or that of an id, `FILE.json#ID` or `DIRECTORY#ID`. Others are
 * not held in memory, nor checked. `shown`: the path as an error names it. Throws `LabError` `incident_invalid`,
 * `incident_ambiguous`.
 */
export function readIncident(name: string, shown: string = name): Incident {
  try {
    return oneOf(name, shown);
  } catch (error) {
    throw error instanceof LabError ? error : invalid(shown, messageOf(error));
  }
}

function oneOf(name: string, shown: string): Incident {
  const [file = "", id] = name.split("#");
  const first: Named[] = [];
  for (const one of named(file)) {
    if (id !== undefined && idOf(one.value) !== id) continue;
    first.push(one);
    if (id !== undefined || first.length === 2) break;
  }
  const [only, other] = first;
  if (only === undefined) throw new Error(id === undefined ? "it holds no incident" : `it holds no incident with the id "${id}"`);
  if (other !== undefined) throw ambiguous(shown, idOf(only.value));
  const { data, error } = incidentSchema.safeParse(withGuesses(only.value));
  if (data === undefined) throw new Error(error.issues.flatMap((issue) => problemLines(only.label, issue)).join("; "));
  return data;
}

/** More are not listed. */
const problemsMax = 100;

interface Named {
  readonly value: unknown;
  /** `incident "x"`, or its number. */
  readonly label: string;
}

function* named(name: string): Generator<Named> {
  let index = 0;
  for (const value of valuesOf(name)) yield { value, label: labelOf(value, index++) };
}

/** A name that ends in `.json` is a file: no directory of an import is called so. */
function* valuesOf(name: string): Generator<unknown> {
  if (name.endsWith(".json") || !existsSync(name) || !statSync(name).isDirectory()) return yield* valuesIn(name);
  for (const file of readdirSync(name).filter((one) => one.endsWith(".json")).sort()) yield* valuesIn(path.join(name, file));
}

/** A list is read in parts, so that no more than one of its incidents is in memory. */
function* valuesIn(file: string): Generator<unknown> {
  if (isList(file)) yield* elementsOf(file);
  else yield* valuesOfObject(readJson(file, fileLimits.incidentsBytesMax));
}

function isList(file: string): boolean {
  for (const part of readParts(file, fileLimits.json)) {
    const [first] = part.trimStart();
    if (first !== undefined) return first === "[";
  }
  return false;
}

function* elementsOf(file: string): Generator<unknown> {
  const elements = new JsonElements();
  for (const part of readParts(file, fileLimits.json)) for (const { text } of elements.push(part)) yield JSON.parse(text);
  elements.end();
}

function valuesOfObject(data: unknown): readonly unknown[] {
  const profile = profileSchema.safeParse(data);
  if (profile.success && profile.data.incident === null) throw new Error("nothing went wrong in that recording");
  if (profile.success) return [profile.data.incident];
  return isObject(data) && Array.isArray(data["incidents"]) ? data["incidents"] : [data];
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

function labelOf(value: unknown, index: number): string {
  const id = idOf(value);
  return id === null ? `incident number ${index + 1}` : `incident "${id}"`;
}

function idOf(value: unknown): string | null {
  const id = isObject(value) ? value["id"] : undefined;
  return typeof id === "string" && id !== "" ? id : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(file: string, detail: string): LabError {
  return new LabError({
    exit: "refused",
    code: "incident_invalid",
    message: `Cannot use the incidents of "${file}": ${detail}`,
    hint: "scenarios/incident.ts describes an incident; `npx blastlab incidents show ID --json` prints one",
  });
}

function ambiguous(file: string, id: string | null): LabError {
  return new LabError({
    exit: "refused",
    code: "incident_ambiguous",
    message: `Cannot use "${file}" as one incident: it holds several`,
    hint: `Name one of them: ${file}#${id ?? "ID"}; \`npx blastlab incidents show ${file}\` lists them`,
  });
}
