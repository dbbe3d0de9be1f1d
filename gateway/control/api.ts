import { z } from "zod";
import { packageHash } from "../config/package.ts";
import { identitySchema } from "./config.ts";

const who = z.string().regex(/^\S(.{0,62}\S)?$/, "Expected a name of at most 64 characters");
const why = z.string().trim().min(1).max(500);

/** Bodies of the operator's requests. */
export const pushSchema = z.strictObject({
  config: z.record(z.string(), z.json()),
  runtime: z.string().regex(/^v\d+$/).optional(),
  parent: packageHash.nullable(),
  version: z.int().min(1).optional(),
  hash: packageHash.optional(),
  who,
  why,
  force: z.boolean().default(false),
  receipt: z
    .strictObject({ region: z.string(), hash: packageHash, content: packageHash, step: z.number(), startedAtMs: z.number(), reachedAtMs: z.number(), signedAtMs: z.number(), signature: z.string() })
    .nullable()
    .default(null),
});

export const rollbackSchema = z.strictObject({ to: z.string().min(1).nullable().default(null), who, why });

export const evaluateSchema = z.strictObject({ who, why });

export const sloSchema = z.strictObject({ who: who.default("webhook"), why });

export const identityChangeSchema = z.strictObject({ deployment: z.string().min(1), expected: identitySchema.nullable(), who, why });
