import { z } from "zod";
import { hasNoLength, noLengthReason, shown, type Problem, type Reading } from "./entry.ts";
import { impactExpected, impactOf } from "./impact.ts";
import type { PageFacts } from "./page.ts";
import { shapeProblems } from "./statuspage.ts";
import { parseTime, timeExpected } from "./time.ts";

const text = z.string().nullish();
const locations = z.array(z.object({ id: text, title: text })).nullish();

/**
 * An incident of `status.cloud.google.com/incidents.json` (its schema: incidents.schema.json there), as far as it is
 * read.
 */
const schema = z.object({
  id: z.string().min(1),
  begin: z.string(),
  end: text,
  external_desc: text,
  status_impact: text,
  affected_products: z.array(z.object({ title: z.string() })).nullish(),
  currently_affected_locations: locations,
  previously_affected_locations: locations,
});

export const googleCloudPage: PageFacts = { provider: "google-cloud", urlOf: (incident) => `https://status.cloud.google.com/incidents/${incident}` };

/** Whether an object has the fields of this form. */
export function isGoogleCloud(value: unknown): boolean {
  return typeof value === "object" && value !== null && "begin" in value && ("external_desc" in value || "affected_products" in value);
}

/** Reads one incident from its object in the file. Its `begin` and `end` are those of the impact. */
export function readGoogleCloud(value: unknown, line: number, page: PageFacts): Reading {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { kind: "bad", problems: shapeProblems(parsed.error, value, line) };
  const { id, begin, end, external_desc: title, status_impact: word, affected_products: products, ...places } = parsed.data;
  if (!end) return { kind: "left_out", line, name: id, reason: "it has not ended" };
  const startMs = parseTime(begin);
  const endMs = parseTime(end);
  const impact = impactOf(word ?? "");
  const problems: Problem[] = [
    ...(startMs === null ? [{ line, column: "begin", found: shown(begin), expected: timeExpected }] : []),
    ...(endMs === null || (startMs !== null && endMs < startMs) ? [{ line, column: "end", found: shown(end), expected: endMs === null ? timeExpected : `a time after ${begin}` }] : []),
    ...(impact === null ? [{ line, column: "status_impact", found: shown(word), expected: impactExpected }] : []),
  ];
  if (startMs === null || endMs === null || impact === null || problems.length > 0) return { kind: "bad", problems };
  if (hasNoLength(startMs, endMs)) return { kind: "left_out", line, name: id, reason: noLengthReason };
  const regions = regionsOf([...(places.currently_affected_locations ?? []), ...(places.previously_affected_locations ?? [])]);
  const times = { start: "impact", end: "impact", phases: "impact" } as const;
  const components = (products ?? []).map((product) => product.title);
  const spans = [{ startMs, endMs, impact }];
  const where = regions.length === 0 ? {} : { regions };
  const entry = { line, provider: page.provider, id, title: title ?? null, components, ...where, severity: word ?? "", spans, times, url: page.urlOf(id), origin: null };
  return { kind: "entry", entry };
}

/** Empty for an incident of all regions. */
function regionsOf(all: readonly { readonly id?: string | null | undefined }[]): readonly string[] {
  const ids = all.flatMap(({ id }) => id ?? []);
  return ids.includes("global") ? [] : [...new Set(ids)];
}
