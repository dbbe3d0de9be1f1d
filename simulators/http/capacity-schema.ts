import { z } from "zod";
import type { CapacitySettings, DailySettings, LimitSettings, PromptCacheSettings } from "../../kernel/capacity.ts";

/** Limits, capacity, prompt cache and daily pattern of a deployment in the plan, with every default filled in. */
const share = z.number().min(0).max(1);
const quota = z.int().min(1).nullable();
const factor = z.number().min(1);
const ms = z.number().positive();

const capacity = z.strictObject({
  slots: z.int().min(1),
  queueMax: z.int().min(0),
  queueMsMax: ms,
  fullStatus: z.union([z.literal(429), z.literal(503), z.literal(529)]).nullable(),
  loadedFactor: factor,
  prefillTokensPerSecond: z.number().positive().nullable(),
  abandoned: z.enum(["stops", "runs_on"]),
  coldStart: z.strictObject({ lengthMs: ms, factor }).nullable(),
}) satisfies z.ZodType<CapacitySettings>;

const limits = z.strictObject({
  requestsPerMinute: quota,
  tokensPerMinute: quota,
  inputTokensPerMinute: quota,
  outputTokensPerMinute: quota,
  burstMs: ms,
  acceleration: z.strictObject({ windowMs: ms, growthMax: factor, floorRequests: z.int().min(1) }).nullable(),
  pool: z.strictObject({ refusedShare: share }).nullable(),
}) satisfies z.ZodType<LimitSettings>;

const promptCache = z.strictObject({
  tokensMin: z.int().min(1),
  blockTokens: z.int().min(1),
  ttlMs: ms,
}) satisfies z.ZodType<PromptCacheSettings>;

const daily = z.strictObject({ peakFactor: factor, peakHour: z.number(), startHour: z.number(), speed: z.number().positive() }) satisfies z.ZodType<DailySettings>;

/** Fields of a deployment in a simulator's config file. */
export const physicsFields = {
  capacity: capacity.optional(),
  limits: limits.optional(),
  limitedFromMs: z.number().min(0).optional(),
  promptCache: promptCache.optional(),
  daily: daily.optional(),
};
