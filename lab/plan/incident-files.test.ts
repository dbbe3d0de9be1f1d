import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { findIncident } from "../../scenarios/faults/incident.ts";
import { loadIncidents } from "./incidents.ts";
import { incidentsIn } from "./incident-files.ts";

const catalogue = loadIncidents();
/** As in a data set: prose alone. */
const prose = () => {
  const { target: _, ...incident } = structuredClone(findIncident("openai-2025-06-10-gpu-network", catalogue));
  return incident;
};
type Prose = ReturnType<typeof prose>;

function reading(content: unknown): readonly Incident[] {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-incidents-"));
  try {
    const file = path.join(folder, "incidents.json");
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return [...incidentsIn(file)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function refusal(content: unknown): LabError {
  try {
    reading(content);
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("It was accepted");
}

test("incidentsIn: a list, one alone, an object with incidents, with and without target", () => {
  for (const content of [[prose()], prose(), { incidents: [prose()] }, catalogue]) expect(reading(content).length).toBeGreaterThan(0);
});

test("incidentsIn: a recorded profile, and a directory of files of any kind", () => {
  const profile = (incident: unknown) => ({ schema: "blastlab.profile/1", upstream: "http://127.0.0.1:9", recordedAt: "2026-11-22T13:00:00.000Z", latency: null, errors: [], incident });
  expect(reading(profile(prose()))).toMatchObject([{ id: prose().id }]);
  expect(refusal(profile(null)).message).toContain("nothing went wrong in that recording");
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-incidents-"));
  try {
    const contents = { "a.json": profile({ ...prose(), id: "recorded" }), "b.json": prose(), "c.json": [{ ...prose(), id: "listed" }], "notes.txt": "no JSON" };
    for (const [name, content] of Object.entries(contents)) writeFileSync(path.join(folder, name), JSON.stringify(content));
    expect([...incidentsIn(folder)].map(({ id }) => id)).toEqual(["recorded", prose().id, "listed"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("incidentsIn: optional numbers without a basis count as estimated", () => {
  const incident = prose();
  Object.assign(incident.phases[0]!, { addedLatencyMs: 100, peakErrorRate: 0.9 });
  expect(reading([incident])[0]!.phases[0]!.basis).toMatchObject({ addedLatencyMs: "estimated", peakErrorRate: "estimated", errorRate: "reported" });
});

test.each<[string, (incident: Prose) => void, string]>([
  ["a rate above 1", (incident) => void (incident.phases[1]!.errorRate = 1.2), 'incident "openai-2025-06-10-gpu-network", phase 2, errorRate: '],
  ["a mix that is short of 1", (incident) => void (incident.phases[0]!.statusMix = { "500": 0.5 }), "phase 1, statusMix: Shares add up to 0.5, not 1"],
  ["an unknown failure", (incident) => void (incident.phases[0]!.statusMix = { teapot: 1 }), "phase 1, statusMix.teapot: "],
  ["a success as a failure", (incident) => void (incident.phases[0]!.statusMix = { "200": 1 }), "phase 1, statusMix.200: "],
  ["a length of zero", (incident) => void (incident.phases[2]!.lengthMin = 0), "phase 3, lengthMin: "],
  ["phases that overlap", (incident) => void (incident.phases[1]!.offsetMin = 10), "phase 2, offsetMin: Starts at 10, before"],
  ["a rate without basis", (incident) => void delete incident.phases[3]!.basis["errorRate"], "phase 4, basis: Does not state whether errorRate"],
  ["a misspelt field", (incident) => void Object.assign(incident.phases[0]!, { errorRates: 1 }), "phase 1, as a whole: Unrecognized key"],
  ["no source", (incident) => void (incident.sources = []), 'incident "openai-2025-06-10-gpu-network", sources: '],
  ["an end before the start", (incident) => void (incident.end = "2020-01-01T00:00:00Z"), ", end: Is not after the start"],
])("incidentsIn: %s is refused with incident, phase and field", (_name, spoil, line) => {
  const incident = prose();
  spoil(incident);
  const error = refusal([incident]);
  expect(error).toMatchObject({ exit: "refused", exitCode: 4, code: "incident_invalid" });
  expect(error.message).toContain(line);
});

test("incidentsIn: all problems of all incidents at once, one without an id by its number", () => {
  const { id: _, ...nameless } = prose();
  const broken = prose();
  broken.phases[0]!.latencyFactor = 0;
  broken.id = "second";
  const lines = refusal([nameless, broken]).message.split("\n").slice(1);
  expect(lines).toEqual([expect.stringContaining("incident number 1, id: "), expect.stringContaining('incident "second", phase 1, latencyFactor: ')]);
});

test.each([
  ["no JSON", "{", "JSON"],
  ["an empty list", [], "holds no incident"],
  ["the same id twice", [prose(), prose()], "id: Is given twice"],
  ["a number", 3, "incident number 1, as a whole"],
])("incidentsIn: %s is refused", (_name, content, message) => {
  expect(refusal(content).message).toContain(message);
});
