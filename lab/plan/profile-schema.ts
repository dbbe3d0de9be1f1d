import { z } from "zod";
import { prose } from "../../scenarios/string-uses.ts";

const latency = z.object({ firstTokenMsP50: z.number().positive(), firstTokenSigma: z.number().min(0).max(3), tokensPerSecond: z.number().positive() });
const error = z.object({ status: z.int().min(400).max(599), contentType: z.string(), retryAfterS: z.int().nullable(), body: prose, count: z.int().positive() });

/** What a profile of `blastlab record` holds for its readers (lab/record/profile-file.ts writes it). */
export const profileSchema = z.object({
  schema: z.literal("blastlab.profile/1"),
  upstream: prose,
  recordedAt: z.string(),
  latency: latency.nullable(),
  errors: z.array(error),
  incident: z.unknown(),
});

/** What a run keeps of the profiles that its scenario names, by that name. */
export const keptProfileSchema = z.record(z.string(), z.strictObject({ latency: latency.extend({ source: prose }), errors: z.array(error) }));

export type Profiles = z.infer<typeof keptProfileSchema>;
