import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Incident } from "../../scenarios/incident.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { importHistory, type ImportFormat, type ImportResult } from "./import.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-import-"))));
afterEach(() => rmSync(folder, { recursive: true }));

async function importing(value: unknown, options: { format?: ImportFormat; provider?: string } = {}): Promise<{ result: ImportResult; incidents: readonly Incident[] }> {
  const file = path.join(folder, "incidents.json");
  writeFileSync(file, JSON.stringify(value, null, 1));
  const out = path.join(folder, "out");
  const result = await importHistory({ file, format: options.format ?? "auto", out, provider: options.provider ?? null });
  return { result, incidents: loadIncidents(out) };
}

/** The fields that Statuspage's API gives, of an outage of GitHub's form. */
const statuspage = {
  id: "x0ljvc9m1wxj",
  name: "Elevated errors on the API",
  status: "resolved",
  created_at: "2026-01-14T10:00:00.418Z",
  updated_at: "2026-01-14T12:00:00.586Z",
  monitoring_at: "2026-01-14T11:30:00.478Z",
  resolved_at: "2026-01-14T12:00:00.572Z",
  started_at: "2026-01-14T09:58:00.000Z",
  impact: "critical",
  shortlink: "https://stspg.io/7a0d3a4d2",
  page_id: "p",
  incident_updates: [{ id: "u", status: "resolved", body: 'It is over: "}" and "]".', created_at: "2026-01-14T12:00:00.572Z" }],
  components: [{ id: "c", name: "API", status: "operational" }],
};
const page = { id: "p", name: "Claude", url: "https://status.example.com", time_zone: "Etc/UTC", updated_at: "2026-01-15T00:00:00Z" };

test("readStatuspage: start, end, components, impact, title and link of an incident", async () => {
  const { result, incidents } = await importing({ page, incidents: [statuspage] });
  expect(result).toMatchObject({ imported: 1, byProvider: { anthropic: 1 } });
  expect(incidents[0]).toMatchObject({
    id: "anthropic-2026-01-14-x0ljvc9m1wxj",
    start: "2026-01-14T09:58:00Z",
    end: "2026-01-14T12:00:00Z",
    durationMin: 122,
    scope: "API",
    cause: "Elevated errors on the API",
    severity: "critical",
    sources: ["https://stspg.io/7a0d3a4d2"],
    phases: [{ errorRate: 0.5, statusMix: { "500": 0.5, "529": 0.5 } }],
  });
});

const update = (status: string, displayed: string, more: object = {}) => ({ status, body: "We look.", created_at: displayed, display_at: displayed, ...more });

test("readStatuspage: the window that an update's text states is impact time, and what only the page shows is page time", async () => {
  const updates = [
    update("resolved", "2026-01-14T12:00:00.572Z", { body: "This incident has been resolved. Impact occurred from 09:34 to 10:52 UTC." }),
    update("investigating", "2026-01-14T09:58:00.000Z"),
  ];
  const { incidents } = await importing({ page, incidents: [{ ...statuspage, incident_updates: updates }, { ...statuspage, id: "y", incident_updates: updates.slice(1) }] });
  const source = "https://stspg.io/7a0d3a4d2";
  expect(incidents).toMatchObject([
    { start: "2026-01-14T09:34:00Z", end: "2026-01-14T10:52:00Z", durationMin: 78, times: { start: { is: "impact", source }, end: { is: "impact", source } } },
    { start: "2026-01-14T09:58:00Z", end: "2026-01-14T12:00:00.572Z".replace(".572", ""), times: { start: { is: "page", source }, end: { is: "page", source } } },
  ]);
});

test("readStatuspage: the earliest time that an update shows is the start, and impact time where it was dated back", async () => {
  const updates = [update("resolved", "2026-01-14T12:00:00.572Z"), update("monitoring", "2026-01-14T08:30:00.000Z", { created_at: "2026-01-14T10:20:41.000Z" })];
  const { incidents } = await importing({ page, incidents: [{ ...statuspage, incident_updates: updates }] });
  expect(incidents[0]).toMatchObject({ start: "2026-01-14T08:30:00Z", times: { start: { is: "impact" }, end: { is: "page" } } });
});

test("readStatuspage: one that was reopened ends with its last resolved, in whatever order its updates are", async () => {
  const updates = [update("investigating", "2026-09-13T09:26:00Z"), update("resolved", "2026-09-13T10:53:10Z"), update("monitoring", "2026-09-13T09:55:55Z"), update("resolved", "2026-09-13T09:53:42Z")];
  const { incidents } = await importing({ page, incidents: [{ ...statuspage, started_at: null, created_at: "2026-09-13T09:26:00Z", resolved_at: "2026-09-13T09:53:42Z", incident_updates: updates }] });
  expect(incidents[0]).toMatchObject({ start: "2026-09-13T09:26:00Z", end: "2026-09-13T10:53:10Z" });
  expect(incidents[0]!.durationMin).toBeCloseTo(87.17, 2);
});

test("readStatuspage: a retroactive one has the window that its text states, and without one it is left out", async () => {
  const retroactive = { ...statuspage, created_at: "2026-01-14T12:00:00.000Z", started_at: "2026-01-14T16:00:00.000Z", resolved_at: "2026-01-14T12:00:00.000Z" };
  const post = (body: string) => [{ status: "resolved", body, created_at: "2026-01-14T16:48:27.189Z", display_at: "2026-01-14T12:00:00.000Z" }];
  const list = [{ ...retroactive, incident_updates: post("The issue affected all images from 4am to 8am Pacific Time") }, { ...retroactive, id: "silent", incident_updates: post("It is over.") }];
  const { result, incidents } = await importing({ page, incidents: list });
  expect(result).toMatchObject({ imported: 1, leftOutRows: [{ name: "silent" }] });
  expect(incidents[0]).toMatchObject({ start: "2026-01-14T12:00:00Z", end: "2026-01-14T16:00:00Z", times: { start: { is: "impact" }, end: { is: "impact" } } });
});

test("readStatuspage: what updates say of components are the phases, within a stated window", async () => {
  const affected = (from: string, to: string) => ({ affected_components: [{ code: "c", name: "API", old_status: from, new_status: to }] });
  const updates = [
    update("resolved", "2026-01-14T12:00:00Z", affected("operational", "operational")),
    update("monitoring", "2026-01-14T11:30:00Z", affected("partial_outage", "operational")),
    update("identified", "2026-01-14T10:30:00Z", affected("degraded_performance", "partial_outage")),
    update("investigating", "2026-01-14T10:00:00Z", affected("operational", "degraded_performance")),
  ];
  const incident = { ...statuspage, started_at: "2026-01-14T10:00:00Z", incident_updates: updates };
  const stated = { ...incident, id: "y", incident_updates: [{ ...updates[0], body: "Requests failed from 09:50 to 11:00 UTC." }, ...updates.slice(1)] };
  const { incidents } = await importing({ page, incidents: [incident, stated] });
  expect(incidents.map((one) => [one.start, one.end, phasesOf(one), one.times?.phases?.is])).toEqual([
    ["2026-01-14T09:50:00Z", "2026-01-14T11:00:00Z", [[0, 40, 0.1], [40, 30, 0.3]], "page"],
    ["2026-01-14T10:00:00Z", "2026-01-14T11:30:00Z", [[0, 30, 0.1], [30, 60, 0.3]], "page"],
  ]);
});

test("readStatuspage: one that has not ended is left out; without a link the page's own address is the source", async () => {
  const { result, incidents } = await importing({ page, incidents: [{ ...statuspage, status: "monitoring", resolved_at: null }, { ...statuspage, shortlink: undefined, started_at: undefined }] });
  expect(result).toMatchObject({ imported: 1, leftOut: { "it has not ended (monitoring)": 1 } });
  expect(incidents[0]).toMatchObject({ start: "2026-01-14T10:00:00Z", sources: ["https://status.example.com/incidents/x0ljvc9m1wxj"] });
});

test("readStatuspage: each invalid incident is reported with its line and field", async () => {
  const wrong = [{ ...statuspage, id: 7 }, { ...statuspage, impact: "awful" }, { ...statuspage, resolved_at: null, incident_updates: [] }, statuspage];
  await expect(importing({ page, incidents: wrong })).rejects.toMatchObject({
    code: "import_invalid",
    message: expect.stringMatching(/3 problems[^]*:10 id: found 7, expected string\n[^]*:\d+ impact: found "awful"[^]*\n[^]*:\d+ resolved_at: found nothing, expected a time[^]*its status is resolved$/) as unknown,
  });
});

test("readStatuspage: a file that does not name its page needs --provider", async () => {
  await expect(importing([statuspage])).rejects.toMatchObject({ code: "provider_unknown", hint: expect.stringContaining("--provider") as unknown });
  expect((await importing([statuspage], { provider: "groq" })).incidents[0]).toMatchObject({ id: "groq-2026-01-14-x0ljvc9m1wxj", provider: "groq" });
});

/** The fields of incident.io's public pages, where an outage has stretches. */
const incidentIo = {
  id: "01JXCAW3K3JAE0EP56AEZ7CBG3",
  name: "Elevated error rates",
  status: "resolved",
  type: "incident",
  published_at: "2025-06-10T06:40:00Z",
  updates: [
    { id: "1", published_at: "2025-06-10T06:40:00Z", to_status: "investigating", message_string: "We look." },
    { id: "2", published_at: "2025-06-10T22:00:00Z", to_status: "resolved", message_string: "Over." },
  ],
  affected_components: [{ component_id: "c1", name: "Chat Completions", status: "operational" }],
  component_impacts: [
    { id: "i1", component_id: "c1", start_at: "2025-06-10T06:36:00Z", end_at: "2025-06-10T12:00:00Z", status: "degraded_performance" },
    { id: "i2", component_id: "c2", start_at: "2025-06-10T09:00:00Z", end_at: "2025-06-10T10:00:00Z", status: "full_outage" },
  ],
  status_summaries: [
    { start_at: "2025-06-10T06:36:00Z", end_at: "2025-06-10T09:00:00Z", worst_component_status: "degraded_performance" },
    { start_at: "2025-06-10T09:00:00Z", end_at: "2025-06-10T15:00:00Z", worst_component_status: "partial_outage" },
  ],
};

const phasesOf = (incident: Incident | undefined) => incident?.phases.map(({ offsetMin, lengthMin, errorRate }) => [offsetMin, lengthMin, errorRate]);

test("readIncidentIo: the stretches of the worst component are the phases", async () => {
  const { incidents } = await importing({ incidents: [incidentIo] }, { provider: "openai" });
  expect(incidents[0]).toMatchObject({ id: "openai-2025-06-10-01jxcaw3k3jae0ep56aez7cbg3", start: "2025-06-10T06:36:00Z", end: "2025-06-10T15:00:00Z", shape: "staircase", scope: "Chat Completions", severity: "major" });
  expect(phasesOf(incidents[0])).toEqual([[0, 144, 0.1], [144, 360, 0.3]]);
});

test("readIncidentIo: stretches of several components overlap, and the worst counts", async () => {
  const { incidents } = await importing({ incidents: [{ ...incidentIo, status_summaries: [] }] }, { provider: "openai" });
  expect(phasesOf(incidents[0])).toEqual([[0, 144, 0.1], [144, 60, 0.5], [204, 120, 0.1]]);
});

test("readIncidentIo: a window that an update states bounds the stretches", async () => {
  const updates = [incidentIo.updates[0], { ...incidentIo.updates[1], message_string: "Errors were elevated from 06:30 to 10:00 UTC on June 10th." }];
  const { incidents } = await importing({ incidents: [{ ...incidentIo, updates }, { ...incidentIo, id: "02" }] }, { provider: "openai" });
  expect(incidents.map((one) => [one.start, one.end, phasesOf(one), one.times?.start.is])).toEqual([
    ["2025-06-10T06:30:00Z", "2025-06-10T10:00:00Z", [[0, 150, 0.1], [150, 60, 0.3]], "impact"],
    ["2025-06-10T06:36:00Z", "2025-06-10T15:00:00Z", [[0, 144, 0.1], [144, 360, 0.3]], "page"],
  ]);
});

test("readIncidentIo: without stretches, from its publication to the update that resolves it", async () => {
  const { incidents } = await importing({ incidents: [{ ...incidentIo, status_summaries: [], component_impacts: [] }] }, { provider: "openai" });
  expect(incidents[0]).toMatchObject({ start: "2025-06-10T06:40:00Z", durationMin: 920, severity: "not published" });
});

test("readIncidentIo: one that was reopened ends with its last resolved", async () => {
  const reopened = { id: "3", published_at: "2025-06-10T09:26:00Z", to_status: "resolved", message_string: "Over." };
  const { incidents } = await importing({ incidents: [{ ...incidentIo, updates: [...incidentIo.updates, reopened], status_summaries: [], component_impacts: [] }] }, { provider: "openai" });
  expect(incidents[0]).toMatchObject({ start: "2025-06-10T06:40:00Z", end: "2025-06-10T22:00:00Z" });
});

test("readIncidentIo: a stretch without an end is left out while the incident runs, and wrong once it is over", async () => {
  const open = { ...incidentIo, status_summaries: [{ ...incidentIo.status_summaries[0], end_at: null }] };
  expect((await importing([{ ...open, status: "identified" }], { provider: "openai" })).result).toMatchObject({ imported: 0, leftOut: { "it has not ended (identified)": 1 } });
  rmSync(path.join(folder, "out"), { recursive: true });
  await expect(importing([open], { provider: "openai" })).rejects.toMatchObject({ code: "import_invalid", message: expect.stringContaining("end_at: found nothing") as unknown });
});
