import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { readFilesOf, withProfiles } from "./files.ts";
import { loadIncidents } from "./incidents.ts";
import { resolvePlan } from "./resolve.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-files-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const flagship = readFileSync(fileURLToPath(new URL("../../scenarios/library/flagship.yaml", import.meta.url)), "utf8");

function scenarioWith(...sets: readonly (readonly [path: string, value: string])[]): Scenario {
  return parseScenario(flagship, "flagship.yaml", sets.map(([setting, value]) => ({ path: setting, value })));
}

function written(name: string, value: unknown): string {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
  return name;
}

function readIn(...sets: readonly (readonly [path: string, value: string])[]): Scenario {
  const scenario = scenarioWith(...sets);
  return withProfiles(scenario, readFilesOf(scenario, folder).profiles);
}

const stack = parseStack("name: plain\ntitle: Plain", "plain.yaml");
const incident = loadIncidents().find(({ id }) => id === "openai-2025-06-10-gpu-network")!;
const latency = { firstTokenMsP50: 321, firstTokenSigma: 0.25, tokensPerSecond: 77 };
const error = { status: 503, contentType: "application/json", retryAfterS: null, body: "{}", count: 4 };
const profile = { schema: "blastlab.profile/1", upstream: "http://127.0.0.1:9", recordedAt: "2026-11-22T13:00:00.000Z", latency, errors: [error], incident };

test("readFilesOf: a scenario that names no file is as it was", () => {
  const scenario = scenarioWith();
  expect(readFilesOf(scenario, folder)).toEqual({ profiles: {}, incidents: [] });
  expect(withProfiles(scenario, {})).toEqual(scenario);
});

test("readFilesOf: a recorded profile gives a deployment its latency and its errors, found beside the scenario", () => {
  written("profile.json", profile);
  const scenario = readIn(["deployments.0.latency", "profile.json"]);
  const { plan } = resolvePlan({ scenario, stack, run: "test", incidents: loadIncidents() });
  expect(plan.deployments[0]).toMatchObject({ latency: { ...latency, source: "recorded at http://127.0.0.1:9, 2026-11-22T13:00:00.000Z" }, errors: [error] });
  expect(plan.deployments[1]).not.toHaveProperty("errors");
});

test("readFilesOf: errors that the scenario gives itself stay", () => {
  written("profile.json", profile);
  const scenario = readIn(["deployments.0.latency", "profile.json"], ["deployments.0.errors", "[]"]);
  expect(scenario.deployments[0]!.errors).toEqual([]);
});

test.each([["a profile", profile], ["an incident's own file", incident]])("readFilesOf: %s is the incident of a fault", (_what, content) => {
  const name = written("sub/thing.json", content);
  const scenario = scenarioWith(["faults.0.incident", name]);
  const { incidents } = readFilesOf(scenario, folder);
  expect(incidents).toMatchObject([{ id: name, phases: incident.phases }]);
  const { plan } = resolvePlan({ scenario, stack, run: "test", incidents: [...loadIncidents(), ...incidents] });
  const original = resolvePlan({ stack, scenario: scenarioWith(), run: "test", incidents: loadIncidents() }).plan;
  expect(plan.faults[0]!.id).toBe("sub-thing.json");
  expect(plan.faults[0]!.settings).toEqual(original.faults[0]!.settings);
});

test("readFilesOf: one of a list, or of a directory, by its id", () => {
  written("all.json", [{ ...incident, id: "first" }, incident]);
  written("history/first.json", { ...incident, id: "first" });
  written(`history/${incident.id}.json`, incident);
  for (const name of [`all.json#${incident.id}`, `history#${incident.id}`]) {
    const scenario = scenarioWith(["faults.0.incident", name]);
    const { incidents } = readFilesOf(scenario, folder);
    expect(incidents).toMatchObject([{ id: name, phases: incident.phases }]);
    const { plan } = resolvePlan({ scenario, stack, run: "test", incidents });
    expect(plan.faults[0]!.id).toBe(name.replace(/[^A-Za-z0-9._-]/g, "-"));
  }
  expect(() => readFilesOf(scenarioWith(["faults.0.incident", "all.json"]), folder)).toThrow(expect.objectContaining({ code: "incident_ambiguous", hint: expect.stringContaining("all.json#first") as unknown }));
  expect(() => readFilesOf(scenarioWith(["faults.0.incident", "all.json#third"]), folder)).toThrow(expect.objectContaining({ code: "incident_invalid", message: expect.stringContaining('no incident with the id "third"') as unknown }));
});

test.each([
  ["a profile that is not there", "deployments.0.latency", null, "profile_invalid", "there is no such file"],
  ["a profile that is no JSON", "deployments.0.latency", "{", "profile_invalid", "JSON"],
  ["a profile without latency", "deployments.0.latency", { ...profile, latency: null }, "profile_invalid", "too few answers"],
  ["an incident for a profile", "deployments.0.latency", incident, "profile_invalid", "schema"],
  ["a profile in which nothing went wrong", "faults.0.incident", { ...profile, incident: null }, "incident_invalid", "nothing went wrong"],
  ["an incident with a rate above 1", "faults.0.incident", { ...incident, phases: [{ ...incident.phases[0], errorRate: 2 }] }, "incident_invalid", "phase 1, errorRate"],
])("readFilesOf: %s is refused, with its name", (_what, setting, content, code, message) => {
  const name = content === null ? "nowhere.json" : written("x.json", content);
  expect(() => readFilesOf(scenarioWith([setting, name]), folder)).toThrow(expect.objectContaining({ code, exit: "refused", message: expect.stringMatching(new RegExp(`"${name}".*${message}`)) as unknown }));
});

test.each([
  ["a directory", (file: string) => mkdirSync(file), "it is a directory, not a file"],
  ["a device without an end", (file: string) => symlinkSync("/dev/zero", file), "it is a device, not a file"],
  ["a file over the limit", (file: string) => { writeFileSync(file, ""); truncateSync(file, (64 << 20) + 1); }, "it is larger than 64 MiB, the most that is read"],
  ["an empty file", (file: string) => writeFileSync(file, ""), "it is empty"],
  ["no UTF-8", (file: string) => writeFileSync(file, Buffer.from([0xff])), "line 1 is not UTF-8 text"],
])("readFilesOf: %s is refused, with the reason", (what, make, reason) => {
  const name = path.join(folder, `${what}.json`);
  make(name);
  expect(() => readFilesOf(scenarioWith(["faults.0.incident", name]), folder)).toThrow(expect.objectContaining({ code: "incident_invalid", message: `Cannot use the incidents of "${name}": ${reason}` }));
});

test("resolvePlan: a file that was not read in is refused, not ignored", () => {
  expect(() => resolvePlan({ stack, scenario: scenarioWith(["deployments.0.latency", "profile.json"]), run: "test", incidents: loadIncidents() })).toThrow(expect.objectContaining({ code: "profile_invalid" }));
});
