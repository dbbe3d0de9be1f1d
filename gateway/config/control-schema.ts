import { z } from "zod";
import { baseUrl, ownReference } from "./schema-parts.ts";

/** The control plane of a data plane. */
export const controlSchema = z.strictObject({
  url: baseUrl.describe("Where the region's control plane listens, without a trailing slash"),
  key: ownReference.describe("Reference to the key between the two, `env:NAME` or `file:PATH`"),
  plane: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "Expected letters, digits, dots, dashes and underscores, at most 64").describe("What this data plane is called there"),
  folder: z.string().min(1).describe("Where packages are kept for a start without the control plane; one process, one folder"),
  waitMs: z.number().int().min(0).max(30_000).default(20_000).describe("How long the control plane may hold a request for the feed"),
  timeoutMs: z.number().int().min(1).default(5_000).describe("How long it may take to answer beyond that"),
});

export type ControlConfig = z.output<typeof controlSchema>;
