import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { PlannedIncident } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { wilson } from "../../kernel/stats.ts";
import { bodyOf, TransportError, type Handler } from "../../kernel/transport.ts";
import { openaiDialect } from "../dialects/openai.ts";
import { driveIncident, sightOf } from "./driver.ts";
import { configOf, examplePhase, incidentOf } from "./examples.ts";
import { halfWidthMax, jointZ, normalQuantile, requestsFor } from "./sampling.ts";
import { createSimulator } from "./simulator.ts";

interface CatalogueEntry {
  readonly id: string;
  readonly phases: readonly { offsetMin: number; lengthMin: number; errorRate: number; statusMix: Record<string, number>; latencyFactor: number }[];
}

/** The real outage, a minute of it played in a second. */
function realIncident(): PlannedIncident {
  const file = new URL("../../scenarios/incidents/openai-2025-06-10-gpu-network.json", import.meta.url);
  const { id, phases } = JSON.parse(readFileSync(file, "utf8")) as CatalogueEntry;
  const planned = phases.map(({ offsetMin, lengthMin, errorRate, statusMix, latencyFactor }, index) => {
    const fromMs = offsetMin * 1000;
    return { ...examplePhase, index, fromMs, toMs: fromMs + lengthMin * 1000, errorRate, statusMix, latencyFactor };
  });
  return { incident: id, deployments: ["primary"], phases: planned };
}

async function driveReal(seed: number) {
  const incident = realIncident();
  const clock = new VirtualClock();
  const records: WireRecord[] = [];
  const config = { ...configOf(), seed, incidents: [incident] };
  const { handle } = createSimulator({ clock, config, tap: { emit: (record) => void records.push(record) }, dialect: openaiDialect });
  const driving = driveIncident({ clock, handle, dialect: openaiDialect, model: "gpt-test", incident });
  await clock.run();
  const driven = await driving;
  return { incident, driven, records, sights: sightOf(incident, driven) };
}

test("driveIncident: every phase of openai-2025-06-10-gpu-network shows its rate, and its index on every wire record", { timeout: 120_000 }, async () => {
  const { incident, driven, records, sights } = await driveReal(20250610);
  expect(sights.map((sight) => sight.phase.errorRate)).toEqual([0.05, 0.25, 0.1, 0.04, 0.01]);
  for (const { phase, sent, failed, interval, seen } of sights) {
    const [low, high] = wilson(failed, sent, 2.575829);
    expect((high - low) / 2).toBeLessThanOrEqual(Math.max(0.01, phase.errorRate / 4));
    expect(low).toBeLessThanOrEqual(phase.errorRate);
    expect(high).toBeGreaterThanOrEqual(phase.errorRate);
    expect([interval[0], interval[1], seen]).toEqual([expect.closeTo(low, 6), expect.closeTo(high, 6), true]);
  }
  expect(records).toHaveLength(driven.length);
  const phaseOf = new Map(driven.map((request) => [request.id, request.phase]));
  for (const record of records) expect([record.requestId, record.phase, record.incident]).toEqual([record.requestId, phaseOf.get(record.requestId), incident.incident]);
  const statuses = new Set(driven.filter((request) => request.phase === 1).map((request) => request.status));
  expect(statuses).toEqual(new Set([200, 429, 500, 503]));
});

test("sightOf: a rate that is off by a half, or too few requests, is not seen", () => {
  const incident = incidentOf({ errorRate: 0.2, statusMix: { 500: 1 } });
  const driven = (count: number, failures: number) =>
    Array.from({ length: count }, (_, index) => ({ id: `${index}`, phase: 0, status: 200, end: index < failures ? ("failed" as const) : ("complete" as const) }));
  const seen = (count: number, failures: number) => sightOf(incident, driven(count, failures))[0]!.seen;
  expect([seen(1000, 200), seen(1000, 300), seen(1000, 100), seen(20, 4), seen(0, 0)]).toEqual([true, false, false, false, false]);
});

test("driveIncident: says how each request ended", async () => {
  const clock = new VirtualClock();
  const incident = incidentOf({ toMs: 4000, errorRate: 0.5, statusMix: { 500: 1 } });
  const endings: Handler[] = [
    () => Promise.resolve({ status: 200, headers: {}, body: bodyOf() }),
    () => Promise.resolve({ status: 503, headers: {}, body: bodyOf() }),
    () => Promise.reject(new TransportError("reset")),
    () => Promise.resolve({ status: 200, headers: {}, body: cut() }),
  ];
  const arrivals: number[] = [];
  const handle: Handler = (request, signal) => endings[arrivals.push(clock.nowMs()) - 1]!(request, signal);
  const driving = driveIncident({ clock, handle, dialect: openaiDialect, model: "gpt-test", incident, requestsIn: () => 4 });
  await clock.run();
  expect((await driving).map(({ status, end }) => [status, end])).toEqual([[200, "complete"], [503, "failed"], [null, "failed"], [200, "truncated"]]);
  expect(arrivals).toEqual([500, 1500, 2500, 3500]);
});

async function* cut(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  throw new TransportError("closed_early");
}

test("requestsFor: the fewest that make the interval narrow enough", () => {
  const half = (rate: number, count: number, z: number) => ((interval) => (interval[1] - interval[0]) / 2)(wilson(rate * count, count, z));
  for (const rate of [0, 0.01, 0.05, 0.25, 0.9, 1]) {
    const z = jointZ(5);
    const count = requestsFor(rate, z);
    expect(half(rate, count, z)).toBeLessThanOrEqual(0.9 * halfWidthMax(rate));
    expect(half(rate, count - 1, z)).toBeGreaterThan(0.9 * halfWidthMax(rate));
  }
});

test("normalQuantile: tabled values", () => {
  const tabled = [[0.5, 0], [0.975, 1.959964], [0.995, 2.575829], [0.025, -1.959964], [0.001, -3.090232], [0.99999, 4.264891]] as const;
  for (const [p, z] of tabled) expect(normalQuantile(p)).toBeCloseTo(z, 6);
});
