import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { incidentSchema } from "./incident.ts";

const folder = new URL("./incidents/", import.meta.url);
const incidents = readdirSync(folder).map((name) => incidentSchema.parse(JSON.parse(readFileSync(new URL(name, folder), "utf8"))));

test.each(incidents)("the catalogue: $id states for each of its times whether it is impact time, page time or an estimate, and the source", ({ times, phases, confidence }) => {
  expect(Object.keys(times ?? {})).toEqual(phases.length === 1 ? ["start", "end"] : ["start", "end", "phases"]);
  const guessed = times!.start.is === "estimated" || times!.end.is === "estimated";
  expect(confidence.timing).toBe(guessed ? "estimated" : "reported");
  const windows = new Set(phases.map(({ basis }) => basis["window"]));
  if (phases.length > 1) expect(windows.has("reported")).toBe(times!.phases!.is !== "estimated");
});

/**
 * Keys were stolen in its 46 minutes, and no request failed; the second phase is the rotation of keys afterwards. The
 * planner refuses it.
 */
const stolenKeys = "litellm-2026-03-24-supply-chain";

test.each(incidents)("the catalogue: $id lasts from its start to its end, and its phases lie within", ({ id, start, end, durationMin, phases }) => {
  expect(Math.abs(durationMin - (Date.parse(end) - Date.parse(start)) / 60_000)).toBeLessThan(1);
  const last = phases.at(-1)!;
  if (id !== stolenKeys) expect(last.offsetMin + last.lengthMin).toBeLessThanOrEqual(durationMin);
});

test.each(incidents.filter(({ id }) => id !== stolenKeys))("the catalogue: $id changes something", ({ phases }) => {
  const effects = phases.map((phase) => phase.errorRate + (phase.latencyFactor - 1) + (phase.addedLatencyMs ?? 0) + phase.streamTruncationRate + phase.wrongOutputRate);
  expect(Math.max(...effects)).toBeGreaterThan(0);
});

/** As the providers' pages state them. */
const known = [
  ["anthropic-2026-04-28-claude-ai-api", "2026-04-28T17:34:00Z", "2026-04-28T18:52:00Z", "impact"],
  ["openai-2024-06-17-504-then-empty", "2024-06-17T18:20:00Z", "2024-06-17T20:55:00Z", "impact"],
  ["anthropic-2026-06-02-multi-model", "2026-06-02T06:04:00Z", "2026-06-02T10:42:00Z", "page"],
  ["anthropic-2026-06-05-staggered-by-model", "2026-06-05T15:08:00Z", "2026-06-05T18:27:00Z", "impact"],
  ["anthropic-2026-06-23-major", "2026-06-23T14:08:00Z", "2026-06-23T15:33:00Z", "impact"],
  ["anthropic-2026-09-11-short", "2026-09-11T13:57:00Z", "2026-09-11T14:20:00Z", "impact"],
] as const;

test.each(known)("the catalogue: %s was from %s to %s, in %s time", (id, start, end, is) => {
  expect(incidents.find((incident) => incident.id === id)).toMatchObject({ start, end, times: { start: { is }, end: { is } } });
});

test("the catalogue: DeepSeek's outage was marked resolved after 108 minutes, and came back at +165", () => {
  const { phases } = incidents.find(({ id }) => id === "deepseek-2026-03-29-overnight")!;
  expect(phases.map(({ offsetMin, lengthMin }) => [offsetMin, lengthMin])).toEqual([[0, 108], [108, 57], [165, 613]]);
});
