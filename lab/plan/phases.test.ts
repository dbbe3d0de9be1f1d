import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findIncident } from "../../scenarios/faults/incident.ts";
import { incidentPhases, inlinePhases, phaseMsMin } from "../../scenarios/faults/phases.ts";
import { selectorOf } from "../../scenarios/faults/select.ts";
import { loadIncidents } from "./incidents.ts";

const incidents = loadIncidents();
const speeds = fc.integer({ min: 1, max: 100_000 });

test("loadIncidents: 82 outages by date, each with a source and its basis", () => {
  expect(incidents).toHaveLength(82);
  expect(incidents.map((incident) => incident.start)).toEqual(incidents.map((incident) => incident.start).sort());
  expect(new Set(incidents.map((incident) => incident.id)).size).toBe(82);
});

test("loadIncidents: a number without its basis is refused by name", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "incidents-"));
  const incident = structuredClone(incidents[0]!);
  delete incident.phases[0]!.basis["errorRate"];
  writeFileSync(path.join(folder, `${incident.id}.json`), JSON.stringify(incident));
  expect(() => loadIncidents(folder)).toThrow("phases.0.basis: Does not state whether errorRate is reported or estimated");
});

test("loadIncidents: an incident without a target, and a target without its basis, are refused by name", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "incidents-"));
  const save = (incident: unknown) => writeFileSync(path.join(folder, `${incidents[0]!.id}.json`), JSON.stringify(incident));
  const { target, ...prose } = incidents[0]!;
  save(prose);
  expect(() => loadIncidents(folder)).toThrow("it has no target");
  save({ ...prose, target: { ...target!, basis: {} } });
  expect(() => loadIncidents(folder)).toThrow("target.basis: Does not state whether providers is reported or estimated");
});

test("loadIncidents: every target that is a selector differs from all requests, and correlated incidents know each other", () => {
  const ids = new Set(incidents.map(({ id }) => id));
  for (const { correlatedWith = [] } of incidents) for (const id of correlatedWith) expect(ids).toContain(id);
  const narrowed = incidents.filter(({ target }) => Object.keys(selectorOf(target!, undefined)).length > 0);
  expect(narrowed.length).toBeGreaterThan(25);
});

test("incidentPhases: the target selects when it is asked to, and sticky failures keep their rate over all clients", () => {
  const sticky = findIncident("openai-2023-10-19-redis-auth-cache", incidents);
  incidentPhases(sticky, 0, 60, { select: true }).forEach((phase, index) => {
    expect(phase.errorRate * phase.select!.clientShare!).toBeCloseTo(sticky.phases[index]!.errorRate, 9);
    expect(phase.errorRate).toBeLessThanOrEqual(1);
  });
  const staggered = incidentPhases(findIncident("anthropic-2026-06-05-staggered-by-model", incidents), 0, 60, { select: true });
  expect(staggered.map(({ select }) => select?.models?.length ?? 0)).toEqual([0, 4, 3, 2, 1, 0]);
  expect(incidentPhases(sticky, 0, 60).every(({ select }) => select === undefined)).toBe(true);
});

test("incidentPhases: a region may fare otherwise", () => {
  const incident = findIncident("gcp-2025-06-12-service-control", incidents);
  const rates = (region?: string) => incidentPhases(incident, 0, 60, { region }).map(({ errorRate }) => errorRate);
  expect(rates()).toEqual([0.8, 0.6, 0.05, 0.02]);
  expect(rates("us-central1")).toEqual([0.8, 0.6, 0.8, 0.02]);
});

test("incidentPhases: at any speed, every incident is a sequence without gaps whose phases last 10 s at least", () => {
  fc.assert(
    fc.property(fc.constantFrom(...incidents), speeds, fc.integer({ min: 0, max: 60_000 }), (incident, speed, fromMs) => {
      const phases = incidentPhases(incident, fromMs, speed);
      expect(phases[0]!.fromMs).toBe(fromMs);
      phases.forEach((phase, index) => {
        expect(phase.index).toBe(index);
        expect(phase.toMs - phase.fromMs).toBeGreaterThanOrEqual(phaseMsMin - 1);
        if (index > 0) expect(phase.fromMs).toBe(phases[index - 1]!.toMs);
        const shares = Object.values(phase.statusMix).reduce((total, share) => total + share, 0);
        if (phase.errorRate > 0) expect(shares).toBeCloseTo(1, 9);
      });
    }),
  );
});

test("incidentPhases: a long incident keeps its proportions", () => {
  const incident = findIncident("openai-2025-06-10-gpu-network", incidents);
  const phases = incidentPhases(incident, 0, 60);
  expect(phases.map((phase) => phase.toMs - phase.fromMs)).toEqual([144_000, 360_000, 100_000, 170_000, 150_000]);
});

test("incidentPhases: a flapping phase keeps its mean rate and its length", () => {
  const incident = findIncident("cloudflare-2025-11-18-bot-file", incidents);
  const whole = incident.phases[0]!;
  const lengthMs = (whole.lengthMin * 60_000) / 60;
  const parts = incidentPhases(incident, 0, 60).filter((phase) => phase.fromMs < lengthMs);
  expect(parts).toHaveLength(10);
  expect(parts.at(-1)!.toMs).toBe(lengthMs);
  const failed = parts.reduce((total, phase) => total + phase.errorRate * (phase.toMs - phase.fromMs), 0);
  expect(failed / lengthMs).toBeCloseTo(whole.errorRate, 6);
});

test("incidentPhases: 499, a client's own giving up, is played as the silence that it waited for", () => {
  const incident = findIncident("openai-2024-12-04-530-then-30s-stall", incidents);
  const mixes = incidentPhases(incident, 0, 60).map((phase) => phase.statusMix);
  expect(mixes.some((mix) => mix["timeout"] === 1)).toBe(true);
  expect(mixes.some((mix) => "499" in mix)).toBe(false);
});

test("inlinePhases: one after the other, weights become shares", () => {
  const phase = {
    errorRate: 0.5,
    statusMix: { "503": 3, timeout: 1 },
    latencyFactor: 1,
    addedLatencyMs: 0,
    streamTruncationRate: 0,
    wrongOutputRate: 0,
    wrongOutputKind: "garbled" as const,
  };
  const phases = inlinePhases([{ lengthMs: 20_000, ...phase }, { lengthMs: 4_000, ...phase }, { lengthMs: 30_000, ...phase }], 1_000, 1);
  expect(phases.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [1_000, 21_000],
    [21_000, 31_000],
    [31_000, 61_000],
  ]);
  expect(phases[0]!.statusMix).toEqual({ "503": 0.75, timeout: 0.25 });
});
