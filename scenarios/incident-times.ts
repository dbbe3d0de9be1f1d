import { z } from "zod";
import { prose } from "./string-uses.ts";

/**
 * What a time of an incident is. `impact`: when users were hit, as a source states it. `page`: when the status page was
 * updated, which lags the impact. `estimated`: our guess.
 */
export const timeKinds = ["impact", "page", "estimated"] as const;

export type TimeKind = (typeof timeKinds)[number];

const time = z.strictObject({
  is: z.enum(timeKinds).describe("impact: when users were hit; page: when the status page was updated, which lags it; estimated: a guess"),
  source: prose.min(1).describe("One of the incident's sources, as it stands there"),
});

/** Of the incident's start, of its end, and of what separates its phases, where there are several. */
export const incidentTimesSchema = z.strictObject({
  start: time.describe("Of the start"),
  end: time.describe("Of the end"),
  phases: time.optional().describe("Of what separates the phases"),
});
