import { expect, test } from "vitest";
import { findIncident } from "../../scenarios/faults/incident.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { censusOf, distinctSubjects } from "./census.ts";

const options = { seed: 1, speed: 60, level: 1 };
const base = findIncident("openai-2024-01-30-routing-release", loadIncidents());

const renamed = (id: string): Incident => ({ ...base, id, scope: "another", start: "2025-01-30T00:00:00Z", end: "2025-01-31T00:00:00Z" });
const worse = (id: string, errorRate: number): Incident => ({ ...base, id, phases: base.phases.map((phase, index) => (index === 0 ? { ...phase, errorRate } : phase)) });

test("censusOf: rows that differ in name and dates alone are one physics, and a rate makes another", () => {
  const incidents = [base, renamed("again"), worse("worse", 0.9), renamed("once-more")];
  const census = censusOf(incidents, options);
  expect(census).toMatchObject({ incidents: 4, subjects: 4, distinct: 2, totals: { rows: 4, phases: 2 * base.phases.length } });
  expect([...distinctSubjects(incidents, census, options)].map(({ subject, rows }) => [subject.incident, rows])).toEqual([
    [base.id, 3],
    ["worse", 1],
  ]);
});

test("censusOf: an incident at several providers counts once at each", () => {
  const everywhere = findIncident("cloudflare-2025-11-18-bot-file", loadIncidents());
  expect(censusOf([everywhere], options)).toMatchObject({ incidents: 1, subjects: 3, distinct: 3 });
});

test("censusOf: a sample has so many, follows the seed, and counts the rows that it stands for", () => {
  const incidents = Array.from({ length: 40 }, (_, index) => worse(`row-${index}`, (index % 20) / 40));
  const drawn = (seed: number) => {
    const census = censusOf(incidents, { ...options, seed, sample: 5 });
    expect(census).toMatchObject({ distinct: 20, totals: { rows: 10 } });
    return [...distinctSubjects(incidents, census, { ...options, seed })].map(({ subject }) => subject.incident);
  };
  expect(drawn(1)).toHaveLength(5);
  expect(drawn(1)).toEqual(drawn(1));
  expect(new Set([1, 2, 3].map((seed) => drawn(seed).join())).size).toBe(3);
});

test("distinctSubjects: it stops reading when all have been found", () => {
  const census = censusOf([base], options);
  function* endless(): Generator<Incident> {
    yield base;
    throw new Error("read on");
  }
  expect([...distinctSubjects(endless(), census, options)]).toHaveLength(1);
});
