import { z } from "zod";
import type { MeasureName, StopCondition, StopMeasure } from "../kernel/plan.ts";

const share = z.number().min(0).max(1);

/**
 * How the observer measures (docs/metrics.md). The burn rate's default has the SRE Workbook's shape: short = long / 12.
 */
export const measureSchema = z
  .strictObject({
    windowMs: z.int().min(1_000).default(10_000).describe("Length of a unit-window of a cell, ms"),
    requestsMin: z.int().min(1).default(20).describe("A window with fewer requests is pooled with the next"),
    badShareMax: share.default(0.05).describe("A window is bad when more of its requests are bad"),
    control: z.enum(["self", "paired"]).default("self").describe("What was bad anyway is taken from the steady state (self), or from the same run without faults (paired)"),
    recovery: z
      .strictObject({ holdMs: z.int().min(1_000).default(30_000).describe("So long all must be well, ms"), badShareMax: share.default(0.05).describe("Well: at most this share is bad") })
      .prefault({})
      .describe("When the run counts as recovered"),
    burnRate: z
      .strictObject({
        slo: z.number().gt(0).lt(1).default(0.99).describe("Objective whose error budget is burned"),
        longMs: z.int().min(1_000).default(24_000).describe("The long window, ms"),
        shortMs: z.int().min(500).default(2_000).describe("The short window, ms"),
        rate: z.number().positive().default(6).describe("Alarm when both windows burn more than so many times the allowance"),
      })
      .prefault({})
      .describe("The observer's own alarm"),
    steadyBadShareMax: share.default(0.02).describe("The run is void when more of the steady state is bad"),
    lagMsMax: z.number().min(50).max(60_000).optional().describe("How late 1 % of the requests may leave the load generator, in ms; 50 unless given. Above it the run is void"),
  })
  .prefault({})
  .describe("How the observer measures: docs/metrics.md");

const measures = [
  "blastRadius",
  "badWindowShare",
  "reach",
  "clientReach",
  "depth",
  "containment",
  "silentShare",
  "badShare",
  "amplification",
  "herdFactor",
  "moneyHerd",
  "dip",
  "idleReplicas",
  "packageReach",
  "tokenWaste",
  "recoveryMs",
  "detectionMs",
  "wrongAnswers",
  "errorBudgetBurned",
] as const satisfies readonly MeasureName[];

const stopMeasures = ["badShare", "badRequests", "wrongAnswers", "amplification"] as const satisfies readonly StopMeasure[];

/** What ends the faults of a run early. */
export const stopConditionSchema = z.strictObject({
  measure: z.enum(stopMeasures).describe("badShare: of the requests of the last window; badRequests, wrongAnswers: since the faults began; amplification: attempts per request in the last window"),
  above: z.number().min(0).describe("The run stops when the measure is above this"),
}) satisfies z.ZodType<StopCondition>;

/** A limit on a measure: the run deviates when it does not hold. */
export const expectationSchema = z
  .strictObject({
    measure: z.enum(measures).describe("docs/metrics.md has each with its formula"),
    atMost: z.number().optional().describe("In the measure's own unit: shares 0..1, times in ms"),
    atLeast: z.number().optional().describe("In the same unit; atMost, atLeast or both"),
  })
  .superRefine((value, context) => {
    if (value.atMost === undefined && value.atLeast === undefined) {
      context.addIssue({ code: "custom", message: `Say atMost or atLeast for ${value.measure}` });
    }
  });
