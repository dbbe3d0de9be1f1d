import { existsSync } from "node:fs";
import type { Incident, IncidentPhase } from "../../../scenarios/incident.ts";
import type { TimeKind } from "../../../scenarios/incident-times.ts";
import { minutes, percent } from "../../../observer/measure/format.ts";
import { paintFor, type Paint } from "../../board/paint.ts";
import { findIncident } from "../../../scenarios/faults/incident.ts";
import { selectorText } from "../../incidents/sight-page.ts";
import { incidentsIn, namesIncidentFile, readIncident } from "../../plan/incident-files.ts";
import { loadIncidents } from "../../plan/incidents.ts";
import { hitApi } from "../../../scenarios/faults/targets.ts";
import { selectorOf } from "../../../scenarios/faults/select.ts";
import { writeJson, writeJsonList, writeLines, type Io } from "../io.ts";

const timelineWidth = 60;
const wrapAt = 100;

/** `blastlab incidents`: one outage a line, by date. */
export function incidentsCommand({ json = false }: { readonly json?: boolean }, io: Io): void {
  const incidents = loadIncidents();
  if (json) writeJson(io, incidents);
  else writeLines(io, [...incidentList(incidents, paintFor(io.stdout)), "", `${incidents.length} outages. One of them in full: npx blastlab incidents show ID`]);
}

/**
 * `blastlab incidents show ID|PATH`: one outage in full; of a file or a directory with several, one a line. Throws
 * LabError `unknown_incident`, `incident_invalid`.
 */
export function showIncidentCommand(name: string, { json = false }: { readonly json?: boolean }, io: Io): void {
  const paint = paintFor(io.stdout);
  const read = readerOf(name);
  const { count, width, first } = countOf(read());
  if (json && count === 1) writeJson(io, first);
  else if (json) writeJsonList(io, read());
  else if (count === 1) writeLines(io, incidentPage(first!, paint));
  else {
    for (const incident of read()) writeLines(io, [incidentLine(incident, width, paint)]);
    writeLines(io, ["", `${count} outages. One of them in full: npx blastlab incidents show ${name}#ID`]);
  }
}

/**
 * Reads from the start each time that it is called, so that a long list is never in memory. An id of the catalogue goes
 * before a directory of that name.
 */
function readerOf(name: string): () => Iterable<Incident> {
  const catalogue = loadIncidents();
  const one = (incident: Incident) => () => [incident];
  if (catalogue.some(({ id }) => id === name)) return one(findIncident(name, catalogue));
  if (name.includes("#")) return one(readIncident(name));
  return namesIncidentFile(name) || existsSync(name) ? () => incidentsIn(name) : one(findIncident(name, catalogue));
}

function countOf(incidents: Iterable<Incident>): { readonly count: number; readonly width: number; readonly first: Incident | null } {
  let count = 0;
  let width = 0;
  let first: Incident | null = null;
  for (const incident of incidents) {
    first ??= incident;
    count++;
    width = Math.max(width, incident.id.length);
  }
  return { count, width, first };
}

function incidentList(incidents: readonly Incident[], paint: Paint): string[] {
  const { width } = countOf(incidents);
  return incidents.map((incident) => incidentLine(incident, width, paint));
}

function incidentLine({ id, durationMin, severity, cause }: Incident, width: number, paint: Paint): string {
  return `${paint.bold(id.padEnd(width))}  ${minutes(durationMin).padStart(11)}  ${severity.padEnd(9)} ${paint.dim(short(cause))}`;
}

/** Facts, phases on a timeline, sources. */
export function incidentPage(incident: Incident, paint: Paint): string[] {
  const { id, provider, scope, severity, cause, causeClass, clientSymptoms, recovery, confidence } = incident;
  const facts: readonly (readonly [string, string])[] = [
    ["when", whenText(incident)],
    ["scope", scope],
    ["hits", targetText(incident)],
    ...(hitApi(incident) ? [] : [["surface", `not the API: a scenario plays it with surface: ${incident.target!.surfaces[0]!}`] as const]),
    ["severity", severity],
    ["cause", `${cause} (${causeClass}; ${confidence.cause})`],
    ["symptoms", clientSymptoms],
    ["recovery", recovery],
    ...(incident.correlatedWith === undefined ? [] : [["one event with", incident.correlatedWith.join(", ")] as const]),
  ];
  return [
    `${paint.bold(id)}  ${provider}`,
    ...facts.flatMap(([name, text]) => wrapped(name, text)),
    "",
    paint.bold("phases") + paint.dim("  height: share of requests that fail; every rate is that of an affected customer"),
    ...timeline(incident),
    ...incident.phases.flatMap((phase, index) => phaseLines(phase, index, paint)),
    "",
    paint.bold("sources"),
    ...incident.sources.map((source) => `  ${source}`),
  ];
}

const timeWords: Readonly<Record<TimeKind, string>> = { impact: "impact time", page: "page time", estimated: "estimated" };

/** What a status page shows lags the impact, so each time says what it is. */
function whenText({ start, end, durationMin, times, confidence }: Incident): string {
  const span = minutes(durationMin);
  if (times === undefined) return `${utc(start)} to ${utc(end)} UTC, ${span} (${confidence.timing})`;
  const between = times.phases === undefined ? "" : `; between its phases: ${timeWords[times.phases.is]}`;
  return `${utc(start)} (${timeWords[times.start.is]}) to ${utc(end)} UTC (${timeWords[times.end.is]}), ${span}${between}`;
}

/** What a machine takes the scope for, and how much of that is a guess. */
export function targetText({ target, phases, selectivity }: Incident): string {
  if (target === undefined) return `all requests (selector "${selectivity}" is prose)`;
  const { providers, surfaces, note, basis } = target;
  const selectors = [...new Set(phases.map((phase) => selectorWords(selectorOf(target, phase.target))))];
  const guessed = Object.entries(basis).flatMap(([field, how]) => (how === "estimated" ? [field] : []));
  return [
    `${providers.length === 0 ? "no provider" : providers.join(", ")} (${surfaces.join(", ")}): ${selectors.join("; then ")}`,
    ...(note === undefined ? [] : [note]),
    ...(guessed.length === 0 ? [] : [`estimated: ${guessed.join(", ")}`]),
  ].join("; ");
}

function selectorWords({ stickyClientShare, ...select }: ReturnType<typeof selectorOf>): string {
  const words = selectorText(Object.keys(select).length === 0 ? undefined : select);
  return stickyClientShare === undefined ? words : `${words}, always the same ${percent(stickyClientShare)} of the clients`;
}

/** The error rate over the outage's length as a row of bars. */
function timeline({ phases, durationMin }: Incident): string[] {
  const bars = "▁▂▃▄▅▆▇█";
  const lengthMin = Math.max(durationMin, ...phases.map(({ offsetMin, lengthMin: length }) => offsetMin + length));
  const cells = Array.from({ length: timelineWidth }, (_, index) => {
    const atMin = ((index + 0.5) / timelineWidth) * lengthMin;
    const phase = phases.findLast(({ offsetMin, lengthMin: length }) => offsetMin <= atMin && atMin < offsetMin + length);
    if (phase === undefined) return " ";
    return bars[Math.min(bars.length - 1, Math.round(phase.errorRate * (bars.length - 1)))]!;
  });
  return [`  ${cells.join("")}`, `  0${minutes(lengthMin).padStart(timelineWidth - 1)}`];
}

function phaseLines(phase: IncidentPhase, index: number, paint: Paint): string[] {
  const statuses = Object.entries(phase.statusMix).map(([status, share]) => `${status} ${Math.round(share * 100)} %`);
  const symptoms = [
    `${percent(phase.errorRate)} errors (${phase.basis["errorRate"]})${statuses.length === 0 ? "" : `: ${statuses.join(", ")}`}`,
    ...(phase.latencyFactor === 1 ? [] : [`latency x${phase.latencyFactor} (${phase.basis["latencyFactor"]})`]),
    ...(phase.addedLatencyMs === undefined ? [] : [`+${phase.addedLatencyMs} ms (${phase.basis["addedLatencyMs"]})`]),
    ...(phase.streamTruncationRate === 0 ? [] : [`${percent(phase.streamTruncationRate)} cut streams`]),
    ...(phase.wrongOutputRate === 0 ? [] : [`${percent(phase.wrongOutputRate)} wrong output`]),
    ...(phase.flap === undefined ? [] : [`on and off every ${minutes(phase.flap.periodMin)}`]),
  ];
  const span = `+${minutes(phase.offsetMin)}, ${minutes(phase.lengthMin)}`;
  return [`  ${index + 1}. ${span.padEnd(26)} ${symptoms.join("; ")}`, ...wrapped("", phase.note).map((line) => paint.dim(line))];
}

function wrapped(name: string, text: string): string[] {
  const indent = 16;
  const lines: string[] = [];
  let line = name.padEnd(indent - 2);
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length + 1 > wrapAt) {
      lines.push(line);
      line = " ".repeat(indent - 2);
    }
    line += line.length === indent - 2 ? `  ${word}` : ` ${word}`;
  }
  return [...lines, line];
}

function utc(instant: string): string {
  return instant.slice(0, 16).replace("T", " ");
}

function short(text: string): string {
  const limit = 60;
  return text.length <= limit ? text : `${text.slice(0, limit - 1).trimEnd()}…`;
}
