import { z } from "zod";
import { effectKinds, type PlannedEffect } from "../../kernel/effects.ts";
import { LabError } from "../../kernel/errors.ts";
import { plannerOf, startOf } from "./fault-planner.ts";
import { inlinePhases } from "./phases.ts";
import { changesNothing, outageDraft } from "./provider-outage.ts";
import { selectSchema } from "./select-schema.ts";
import { shapedPhases, shapeSchema } from "./shapes.ts";

const share = z.number().min(0).max(1);

const effect = z.strictObject({
  kind: z.enum(effectKinds).describe("What is done to the bytes: docs/faults.md"),
  share: share.exactOptional().describe("Of the requests that would be answered in full; 1 if not given"),
  status: z.int().min(400).max(599).exactOptional().describe("Of fail_first, error_first, error_mid_stream"),
  times: z.int().min(1).exactOptional().describe("Of fail_first: how often each request fails before it is answered"),
  bytesPerSecond: z.number().positive().exactOptional().describe("Of slow_drip"),
}) satisfies z.ZodType<PlannedEffect>;

const inlinePhase = z
  .strictObject({
    lengthMs: z.int().min(1).describe("Played as at least 10 s"),
    errorRate: share.default(0).describe("Share of the requests that fail"),
    statusMix: z
      .record(z.string().regex(/^([45]\d\d|timeout|reset|dns)$/, "Use an HTTP code of 400 or more, timeout, reset or dns"), z.number().positive())
      .default({ "503": 1 })
      .describe("Weights of the failures"),
    latencyFactor: z.number().min(1).default(1).describe("Times normal, on what succeeds"),
    addedLatencyMs: z.number().min(0).default(0).describe("Before the first token, on what succeeds"),
    streamTruncationRate: share.default(0).describe("Share of the answers that are cut short, of those that do not fail"),
    wrongOutputRate: share.default(0).describe("Share of the answers that are wrong, of those that neither fail nor are cut"),
    wrongOutputKind: z.enum(["garbled", "other_model"]).default("garbled").describe("garbled: foreign words in it; other_model: it says that it is by another model"),
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

const schema = z
  .strictObject({
    kind: z.literal("outage"),
    name: z.string().min(1).describe("What the plan and the wire log call it"),
    deployments: z.array(z.string().min(1)).min(1).describe("Whose providers are ill"),
    phases: z.array(inlinePhase).min(1).optional().describe("One after the other; or give shape instead"),
    shape: shapeSchema.extend({ statusMix: inlinePhase.shape.statusMix }).optional().describe("Instead of phases"),
    select: selectSchema.optional().describe("Hits only these requests"),
    fromMs: z.int().min(0).default(0).describe("From the start of the fault window, ms"),
  })
  .superRefine(({ phases, shape }, context) => {
    if ((phases === undefined) === (shape === undefined)) context.addIssue({ code: "custom", path: ["phases"], message: "Give phases or a shape, one of them" });
  }).describe("An outage written in the scenario, as phases or as a shape, played by the providers");

/** What no shape sets. */
const shapeless = { streamTruncationRate: 0, wrongOutputKind: "garbled" } as const;

/** An outage that the scenario writes itself, as phases or as a shape. */
export const outage = plannerOf(schema, (fault, context) => {
  const { shape, select, name, deployments } = fault;
  const written = shape === undefined ? (fault.phases ?? []) : shapedPhases(shape).map((phase) => ({ ...shapeless, ...phase, statusMix: shape.statusMix }));
  const narrowed = written.map((phase) => (select === undefined ? phase : { ...phase, select: { ...select, ...phase.select } }));
  const phases = inlinePhases(narrowed, startOf(fault.fromMs, context), context.scale);
  if (changesNothing(phases)) {
    throw new LabError({
      exit: "refused",
      code: "outage_changes_nothing",
      message: `Cannot play outage "${name}": none of its phases changes anything`,
      hint: "Give one of its phases an error rate, a latency, cut or wrong answers, or effects",
    });
  }
  return [outageDraft({ name, title: `Outage "${name}"`, deployments, phases, context })];
});
