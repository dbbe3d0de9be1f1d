import { z } from "zod";
import { incidentTargetSchema, phaseTargetSchema } from "./incident-target.ts";
import { incidentTimesSchema } from "./incident-times.ts";
import { prose, stringUses } from "./string-uses.ts";

/**
 * An incident of the catalogue (`scenarios/incidents/<id>.json`): a dated real outage as phases. Every number has a
 * `basis`: whether it was reported by a source or estimated by us. Offsets and lengths are minutes from `start`; shares
 * and rates are 0..1.
 */
const share = z.number().min(0).max(1);
const basis = z.enum(["reported", "estimated"]);
const statusMix = z.record(z.string().regex(/^([45]\d\d|timeout|reset|dns)$/, "Use an HTTP code of 400 or more, timeout, reset or dns"), share);

const phase = z
  .strictObject({
    offsetMin: z.number().min(0).describe("From the start, minutes"),
    lengthMin: z.number().positive().describe("Minutes"),
    errorRate: share.describe("Share of an affected customer's requests that failed"),
    statusMix: statusMix.describe("Shares of the failures, adding up to 1"),
    latencyFactor: z.number().min(1).describe("Times normal, on what succeeds"),
    addedLatencyMs: z.number().min(0).optional().describe("Before the first token, on what succeeds"),
    streamTruncationRate: share.describe("Share of the answers that were cut short"),
    wrongOutputRate: share.describe("Share of the answers that were wrong"),
    flap: z
      .strictObject({ periodMin: z.number().positive().describe("From one bad part to the next, minutes"), duty: z.number().gt(0).lt(1).describe("Share of each period that is bad") })
      .optional()
      .describe("The phase comes and goes: errorRate is its mean over good and bad parts"),
    regionOverrides: z
      .record(z.string(), z.strictObject({ errorRate: share.describe("In that region") }))
      .optional()
      .describe("Where one region fared otherwise; played by a deployment of that region"),
    globalShare: share.optional().describe("Share of the provider's whole traffic that was affected"),
    peakErrorRate: share.optional().describe("The worst moment of the phase; for the reader, not played"),
    target: phaseTargetSchema.optional().describe("Replaces fields of the incident's target in this phase"),
    note: prose.describe("For the reader"),
    basis: z.record(z.string(), basis).describe("By field, and window for its times: whether a source reported it, or it is estimated"),
  })
  .superRefine((value, context) => {
    const total = Object.values(value.statusMix).reduce((sum, part) => sum + part, 0);
    if (value.errorRate > 0 && Math.abs(total - 1) > 1e-6) {
      context.addIssue({ code: "custom", path: ["statusMix"], message: `Shares add up to ${total}, not 1` });
    }
    for (const key of Object.keys(value)) {
      if (["offsetMin", "lengthMin", "note", "basis", "target"].includes(key) || key in value.basis) continue;
      context.addIssue({ code: "custom", path: ["basis"], message: `Does not state whether ${key} is reported or estimated` });
    }
    if (!("window" in value.basis)) context.addIssue({ code: "custom", path: ["basis"], message: "Does not state it for the window" });
  });

const fields = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/).describe("Unique, and the file's name in the catalogue"),
  provider: z.string().min(1).describe("Whose outage it was"),
  scope: prose.describe("What was hit, in words"),
  start: z.iso.datetime().describe("UTC"),
  end: z.iso.datetime().describe("UTC"),
  durationMin: z.number().positive().describe("Minutes"),
  times: incidentTimesSchema.optional().describe("What these times are, and who states them; every incident of the catalogue has it"),
  shape: prose.describe("How it came and went, in words"),
  selectivity: prose.describe("Which requests were hit, in words"),
  target: incidentTargetSchema.optional().describe("scope and selectivity in a form that the planner reads; every incident of the catalogue has it"),
  phases: z.array(phase).min(1).describe("One after the other, perhaps with gaps in which all was well"),
  cause: prose.describe("As the sources have it"),
  causeClass: z.string().describe("A word for its kind"),
  clientSymptoms: prose.describe("What clients saw"),
  recovery: prose.describe("How it ended"),
  severity: z.string().describe("The page's word, or ours"),
  sources: z
    .array(z.string().regex(/^(https?:\/\/|file:)[^\s]+( \(.+\))?$/, "Give a URL, with a note in brackets if it needs one").register(stringUses, { use: "text" }))
    .min(1)
    .describe("URLs, with a place in brackets where that is needed; of an imported incident also the file"),
  confidence: z
    .strictObject({
      timing: basis.describe("Of start and end"),
      scope: basis.describe("Of scope"),
      cause: basis.describe("Of cause"),
      clientSymptoms: basis.describe("Of clientSymptoms"),
      severity: basis.describe("Of severity"),
      phases: z.literal("see phases[].basis").describe("Each phase has its own"),
    })
    .describe("Whether a source reported these facts, or they are estimated"),
  correlatedWith: z.array(z.string()).optional().describe("Ids of incidents that were one event with this one"),
});

/** Phases follow each other, perhaps with gaps in which all is well. */
export const incidentSchema = fields.superRefine(({ start, end, times, sources, phases }, context) => {
  const report = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  if (Date.parse(end) <= Date.parse(start)) report(["end"], `Is not after the start, ${start}`);
  for (const [name, time] of Object.entries(times ?? {})) {
    if (time !== undefined && !sources.includes(time.source)) report(["times", name, "source"], "Is not one of the sources");
  }
  phases.forEach(({ offsetMin }, index) => {
    const before = phases[index - 1];
    if (before === undefined) return;
    const endedMin = before.offsetMin + before.lengthMin;
    if (offsetMin < endedMin - 1e-6) report(["phases", index, "offsetMin"], `Starts at ${offsetMin}, before the phase before it has ended at ${endedMin}`);
  });
});

export type Incident = z.infer<typeof incidentSchema>;
export type IncidentPhase = Incident["phases"][number];
