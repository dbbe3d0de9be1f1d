import { z } from "zod";
import type { CapacitySettings, DailySettings, LimitSettings, PromptCacheSettings } from "../kernel/capacity.ts";

/** The physics of a deployment. Each part is off unless it is given. */
const share = z.number().min(0).max(1);
const quota = z.int().min(1).max(100_000_000).nullable().default(null);
const factor = z.number().min(1).max(100);

export const capacitySchema = z
  .strictObject({
    slots: z.int().min(1).max(100_000).describe("Answers generated at the same time"),
    queueMax: z.int().min(0).max(1_000_000).default(0).describe("Requests that wait for a slot; one more is refused"),
    queueMsMax: z.int().min(1).default(60_000).describe("Longest wait for a slot; then 504"),
    fullStatus: z.union([z.literal(429), z.literal(503), z.literal(529)]).nullable().default(null).describe("Of the refusal; by default the provider's own"),
    loadedFactor: factor.default(1).describe("Time to a token with all slots busy, times that of an idle deployment"),
    prefillTokensPerSecond: z.number().positive().nullable().default(null).describe("Input tokens read a second before the first token"),
    abandoned: z.enum(["stops", "runs_on"]).default("stops").describe("Work whose caller has gone"),
    coldStart: z
      .strictObject({ lengthMs: z.int().min(1).describe("Until it is as fast as before, ms"), factor: factor.describe("Latency at first, times normal") })
      .nullable()
      .default(null)
      .describe("After a phase in which the deployment was down: latency times factor, falling to 1 within lengthMs"),
  })
  .describe("What it can serve at once; without it, any number") satisfies z.ZodType<CapacitySettings>;

export const limitsSchema = z
  .strictObject({
    requestsPerMinute: quota.describe("Charged at arrival"),
    tokensPerMinute: quota.describe("Input and the most output asked for, charged at arrival"),
    inputTokensPerMinute: quota.describe("Without what the prompt cache held"),
    outputTokensPerMinute: quota.describe("Corrected at the answer's end to what was generated"),
    burstMs: z.int().min(1).max(60_000).default(60_000).describe("How much of its minute's quota a bucket holds"),
    acceleration: z
      .strictObject({
        windowMs: z.int().min(1_000).describe("Length of the windows that are compared, ms"),
        growthMax: z.number().min(1).describe("Most growth from one window to the next"),
        floorRequests: z.int().min(1).describe("So many in a window are always accepted"),
      })
      .nullable()
      .default(null)
      .describe("429 to more than growthMax times the window before, and than floorRequests"),
    pool: z.strictObject({ refusedShare: share.describe("Share of the requests that get 429") }).nullable().default(null).describe("Refused by the load of other customers, whatever the quota"),
  })
  .describe("What its provider lets this customer ask") satisfies z.ZodType<LimitSettings>;

export const promptCacheSchema = z
  .strictObject({
    tokensMin: z.int().min(1).default(1_024).describe("Shorter prefixes are not kept"),
    blockTokens: z.int().min(1).default(128).describe("Prefixes are kept in steps of so many tokens"),
    ttlMs: z.int().min(1).default(300_000).describe("A prefix is kept so long after its last use, ms"),
  })
  .describe("Prefixes of prompts that are read at once and cheaper: cached input tokens in usage") satisfies z.ZodType<PromptCacheSettings>;

export const dailySchema = z
  .strictObject({
    peakFactor: factor.describe("Latency at the peak hour, times that of twelve hours away"),
    peakHour: z.number().min(0).lt(24).default(15).describe("UTC; 15 is 11 in the morning of New York"),
    startHour: z.number().min(0).lt(24).describe("Hour of day at the start of the run, UTC"),
    speed: z.number().positive().default(1).describe("Hours of the day in an hour of the run"),
  })
  .describe("The load of the hour") satisfies z.ZodType<DailySettings>;
