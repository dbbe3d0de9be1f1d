import { z } from "zod";
import { effectKinds, type PlannedEffect } from "../kernel/effects.ts";
import { selectSchema } from "./schema-select.ts";
import { shapeSchema } from "./shapes.ts";

/** What a scenario injects. All offsets count from the start of the fault window. */
const share = z.number().min(0).max(1);
const offset = z.int().min(0).default(0).describe("From the start of the fault window, ms");
const length = z.int().min(1).describe("ms");
const deployments = z.array(z.string().min(1)).min(1);

/** Attributes that each toxic knows, as Toxiproxy names them (its README, "Toxics"). */
export const toxicAttributes = {
  latency: ["latency", "jitter"],
  bandwidth: ["rate"],
  slow_close: ["delay"],
  timeout: ["timeout"],
  reset_peer: ["timeout"],
  slicer: ["average_size", "size_variation", "delay"],
  limit_data: ["bytes"],
} as const satisfies Record<string, readonly string[]>;

export type ToxicName = keyof typeof toxicAttributes;

const incident = z.strictObject({
  kind: z.literal("incident"),
  incident: z.string().min(1).describe("Id in the catalogue: blastlab incidents"),
  deployments: deployments
    .optional()
    .describe("Those that stand for what was hit. If not given, all that the incident's target names, and its correlated incidents on those that theirs name"),
  select: z
    .union([z.literal("target"), selectSchema])
    .optional()
    .describe("Hits only these requests; target: those that the incident's target names, as where no deployments are given"),
  speed: z.number().min(1).optional().describe("Instead of the scenario's"),
  fromMs: offset,
});

const effect = z.strictObject({
  kind: z.enum(effectKinds),
  share: share.exactOptional().describe("Of the requests that would be answered in full; 1 if not given"),
  status: z.int().min(400).max(599).exactOptional().describe("Of fail_first, error_first, error_mid_stream"),
  times: z.int().min(1).exactOptional().describe("Of fail_first: how often each request fails before it is answered"),
  bytesPerSecond: z.number().positive().exactOptional().describe("Of slow_drip"),
}) satisfies z.ZodType<PlannedEffect>;

const inlinePhase = z
  .strictObject({
    lengthMs: z.int().min(1).describe("Played as at least 10 s"),
    errorRate: share.default(0),
    statusMix: z
      .record(z.string().regex(/^([45]\d\d|timeout|reset|dns)$/, "Use an HTTP code of 400 or more, timeout, reset or dns"), z.number().positive())
      .default({ "503": 1 })
      .describe("Weights of the failures"),
    latencyFactor: z.number().min(1).default(1),
    addedLatencyMs: z.number().min(0).default(0),
    streamTruncationRate: share.default(0),
    wrongOutputRate: share.default(0),
    wrongOutputKind: z.enum(["garbled", "other_model"]).default("garbled"),
    effects: z.array(effect).optional().describe("Faults of bytes; their shares add up to at most 1"),
    select: selectSchema.optional().describe("Hits only these requests; its fields replace those of the outage's select"),
  })
  .superRefine((phase, context) => {
    if (phase.errorRate > 0 && Object.keys(phase.statusMix).length === 0) {
      context.addIssue({ code: "custom", path: ["statusMix"], message: "Say how requests fail: errorRate is above 0" });
    }
    const shares = (phase.effects ?? []).reduce((sum, one) => sum + (one.kind === "fail_first" ? 0 : (one.share ?? 1)), 0);
    if (shares > 1 + 1e-9) context.addIssue({ code: "custom", path: ["effects"], message: `Shares add up to ${shares}, more than 1` });
  });

const outage = z
  .strictObject({
    kind: z.literal("outage"),
    name: z.string().min(1).describe("What the plan and the wire log call it"),
    deployments,
    phases: z.array(inlinePhase).min(1).optional(),
    shape: shapeSchema.extend({ statusMix: inlinePhase.shape.statusMix }).optional().describe("Instead of phases"),
    select: selectSchema.optional().describe("Hits only these requests"),
    fromMs: offset,
  })
  .superRefine(({ phases, shape }, context) => {
    if ((phases === undefined) === (shape === undefined)) context.addIssue({ code: "custom", path: ["phases"], message: "Give phases or a shape, one of them" });
  });

const toxic = z
  .strictObject({
    kind: z.literal("toxic"),
    deployment: z.string().min(1).describe("On the link from the gateway to it"),
    toxic: z.enum(Object.keys(toxicAttributes) as [ToxicName, ...ToxicName[]]),
    stream: z.enum(["upstream", "downstream"]).default("downstream"),
    toxicity: share.default(1),
    attributes: z.record(z.string(), z.number()).default({}),
    fromMs: offset,
    lengthMs: length,
  })
  .superRefine((fault, context) => {
    const known: readonly string[] = toxicAttributes[fault.toxic];
    for (const key of Object.keys(fault.attributes)) {
      if (known.includes(key)) continue;
      context.addIssue({ code: "custom", path: ["attributes", key], message: `Toxic ${fault.toxic} has ${known.join(", ")}` });
    }
  });

const linkDown = z.strictObject({ kind: z.literal("link_down"), deployment: z.string().min(1), fromMs: offset, lengthMs: length });

export const faultSchema = z.discriminatedUnion("kind", [incident, outage, toxic, linkDown]);

export type ScenarioFault = z.infer<typeof faultSchema>;
export type InlinePhase = z.infer<typeof inlinePhase>;
