import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { incidentSchema } from "./incident.ts";
import { atLevel } from "./incident-level.ts";

const folder = new URL("./incidents/", import.meta.url);
const incidents = readdirSync(folder).map((name) => incidentSchema.parse(JSON.parse(readFileSync(new URL(name, folder), "utf8"))));
const rates = ["errorRate", "streamTruncationRate", "wrongOutputRate"] as const;

test("atLevel: at any level every incident is still one by the schema, and what is reported stays", () => {
  fc.assert(
    fc.property(fc.constantFrom(...incidents), fc.double({ min: 0.01, max: 100, noNaN: true }), (incident, level) => {
      const scaled = incidentSchema.parse(atLevel(incident, level));
      scaled.phases.forEach((phase, index) => {
        const before = incident.phases[index]!;
        expect([phase.offsetMin, phase.lengthMin, phase.statusMix]).toEqual([before.offsetMin, before.lengthMin, before.statusMix]);
        for (const rate of rates) {
          expect(phase[rate]).toBeCloseTo(before.basis[rate] === "reported" ? before[rate] : Math.min(1, before[rate] * level), 12);
        }
      });
    }),
  );
});

test("atLevel: 2 doubles what an estimate adds, 0.5 halves it, 1 changes nothing", () => {
  const incident = incidents.find(({ id }) => id === "openai-2025-06-10-gpu-network")!;
  const seen = (level: number) => atLevel(incident, level).phases.map(({ errorRate, latencyFactor }) => [errorRate, latencyFactor]);
  expect(seen(1)).toEqual([[0.05, 1.5], [0.25, 4], [0.1, 2], [0.04, 1.3], [0.01, 1]]);
  expect(seen(2)).toEqual([[0.05, 2], [0.25, 7], [0.2, 3], [0.08, 1.6], [0.02, 1]]);
  expect(seen(0.5)).toEqual([[0.05, 1.25], [0.25, 2.5], [0.05, 1.5], [0.02, 1.15], [0.005, 1]]);
});
