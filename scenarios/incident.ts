import { z } from "zod";
import { incidentTargetSchema, phaseTargetSchema } from "./incident-target.ts";
import { incidentTimesSchema } from "./incident-times.ts";
import { prose, stringUses } from "./string-uses.ts";

/**
 * An incident of the catalogue (`scenarios/incidents/<id>.json`): a dated real outage as phases. Every number has a `basis`: whether it
 * was reported by a source or estimated by us. Offsets and lengths are minutes from `start`; shares and rates are 0..1.
 */
const share = z.number().min(0).max(1);
const basis = z.enum(["reported", "estimated"]);
const statusMix = z.record(z.string().regex(/^([45]\d\d|timeout|reset|dns)$/, "Use an HTTP code of 400 or more, timeout, reset or dns"), share);

const phase = z
  .strictObject({
    offsetMin: z.number().min(0),
    lengthMin: z.number().positive(),
    errorRate: share,
    /** Shares of the failures, adding up to 1. */
    statusMix,
    /** Times normal, on what succeeds. */
    latencyFactor: z.number().min(1),
    addedLatencyMs: z.number().min(0).optional(),
    streamTruncationRate: share,
    wrongOutputRate: share,
    /** The phase comes and goes: `errorRate` is its mean over both halves, `duty` the share of each period that is bad. */
    flap: z.strictObject({ periodMin: z.number().positive(), duty: z.number().gt(0).lt(1) }).optional(),
    /** Where one region fared otherwise; played by a deployment of that region. */
    regionOverrides: z.record(z.string(), z.strictObject({ errorRate: share })).optional(),
    /** Share of the provider's whole traffic that was affected; the rates are those of an affected customer. */
    globalShare: share.optional(),
    /** The worst moment of the phase; for the reader, not played. */
    peakErrorRate: share.optional(),
    target: phaseTargetSchema.optional(),
    note: prose,
    basis: z.record(z.string(), basis),
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
  id: z.string().regex(/^[a-z0-9-]+$/),
  provider: z.string().min(1),
  scope: prose,
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  durationMin: z.number().positive(),
  /** What these times are, and who states them. Every incident of the catalogue has it. */
  times: incidentTimesSchema.optional(),
  shape: prose,
  selectivity: prose,
  /** `scope` and `selectivity` in a form that the planner reads. Every incident of the catalogue has it. */
  target: incidentTargetSchema.optional(),
  phases: z.array(phase).min(1),
  cause: prose,
  causeClass: z.string(),
  clientSymptoms: prose,
  recovery: prose,
  severity: z.string(),
  /** A URL, and where in it when that needs saying: `https://… (section)`; of an imported incident also the file: `file:NAME (line 7)`. */
  sources: z.array(z.string().regex(/^(https?:\/\/|file:)[^\s]+( \(.+\))?$/, "Give a URL, with a note in brackets if it needs one").register(stringUses, { use: "text" })).min(1),
  /** Of the facts outside the phases; `phases` points at their own `basis`. */
  confidence: z.strictObject({
    timing: basis,
    scope: basis,
    cause: basis,
    clientSymptoms: basis,
    severity: basis,
    phases: z.literal("see phases[].basis"),
  }),
  /** Ids of incidents that were one event with this one. */
  correlatedWith: z.array(z.string()).optional(),
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
