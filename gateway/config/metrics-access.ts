import { z } from "zod";

const keyReference = z.string().regex(/^(env:\S+|file:.*\S)$/, "Expected a reference, env:NAME or file:PATH: a key does not belong in a config");

/**
 * Who reads `/metrics` of a control plane or a vault. It has a key of its own: whoever watches may not push, and may
 * not take a lease.
 */
export const metricsAccessSchema = z
  .strictObject({
    open: z.boolean().default(false).describe("It needs no key: for a lab"),
    key: keyReference.exactOptional().describe("Reference to the key that `/metrics` asks for, as a bearer token; without it and without `open` nobody reads them"),
  })
  .refine(({ open, key }) => !open || key === undefined, "Either it is open or it has a key")
  .prefault({})
  .describe("Who reads its metrics");
