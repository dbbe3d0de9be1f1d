import { expect, test } from "vitest";
import { mean, quantile } from "../../kernel/stats.ts";
import { incidentSchema } from "../../scenarios/incident.ts";
import { incidentFigures, type SampledProvider } from "./sample-figures.ts";
import { sampleIncidents } from "./sample.ts";

const providers = Object.keys(incidentFigures) as SampledProvider[];
const from = "2026-01-01T00:00:00Z";
/** Enough for the shares to settle. */
const many = (provider: SampledProvider) => sampleIncidents({ provider, days: 10_000, seed: 1, from });
const hoursOf = (instant: string) => Date.parse(instant) / 3_600_000;

test.each(providers)("sampleIncidents: %s, in the schema, every id once, every number estimated", (provider) => {
  const incidents = sampleIncidents({ provider, days: 365, seed: 7, from });
  expect(incidents.length).toBeGreaterThan(100);
  for (const incident of incidents) {
    expect(incidentSchema.safeParse(incident).error).toBeUndefined();
    for (const { basis } of incident.phases) expect(new Set(Object.values(basis))).toEqual(new Set(["estimated"]));
  }
  expect(new Set(incidents.map(({ id }) => id)).size).toBe(incidents.length);
});

test.each(providers)("sampleIncidents: %s comes as often, at such times and for as long as the published figures have it", (provider) => {
  const incidents = many(provider);
  const figures = incidentFigures[provider];
  const starts = incidents.map(({ start }) => hoursOf(start));
  const gaps = starts.slice(1).map((start, index) => start - starts[index]!);
  expect(mean(gaps) / figures.gapHoursMean).toBeCloseTo(1, 1);
  const minutes = incidents.map(({ durationMin }) => durationMin);
  expect(quantile(minutes, 0.5) / Math.exp(figures.durationMu)).toBeCloseTo(1, 1);
  expect(Math.log(quantile(minutes, 0.9) / quantile(minutes, 0.5)) / (1.2816 * figures.durationSigma)).toBeCloseTo(1, 1);
  const dates = incidents.map(({ start }) => new Date(start));
  const share = (test: (date: Date) => boolean) => dates.filter(test).length / dates.length;
  expect(share((date) => date.getUTCHours() >= 13 && date.getUTCHours() < 21)).toBeCloseTo(figures.afternoonShare, 1);
  figures.weekdayShares.forEach((expected, index) => expect(Math.abs(share((date) => (date.getUTCDay() + 6) % 7 === index) - expected)).toBeLessThan(0.015));
});

test("sampleIncidents: most are degraded, few are full", () => {
  const incidents = many("openai");
  const share = (severity: string) => incidents.filter((incident) => incident.severity === severity).length / incidents.length;
  expect(share("degraded")).toBeCloseTo(230 / 339, 1);
  expect(share("full")).toBeGreaterThan(0.02);
  expect(share("full")).toBeLessThan(0.07);
});

test("sampleIncidents: by seed, and within the days that were asked for", () => {
  const draw = (seed: number) => sampleIncidents({ provider: "openai", days: 30, seed, from });
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
  for (const { start } of draw(3)) {
    expect(start >= from).toBe(true);
    expect(start < "2026-01-31T00:00:00Z").toBe(true);
  }
});
