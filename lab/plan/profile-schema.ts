import { z } from "zod";

/** What a profile of `blastlab record` holds for its readers (lab/record/profile-file.ts writes it). */
export const profileSchema = z.object({
  schema: z.literal("blastlab.profile/1"),
  upstream: z.string(),
  recordedAt: z.string(),
  latency: z.object({ firstTokenMsP50: z.number().positive(), firstTokenSigma: z.number().min(0).max(3), tokensPerSecond: z.number().positive() }).nullable(),
  errors: z.array(z.object({ status: z.int().min(400).max(599), contentType: z.string(), retryAfterS: z.int().nullable(), body: z.string(), count: z.int().positive() })),
  incident: z.unknown(),
});
