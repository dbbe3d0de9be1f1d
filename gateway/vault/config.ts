import { z } from "zod";
import { metricsAccessSchema } from "../config/metrics-access.ts";
import { defaultTerms } from "./core/lease.ts";

/** By which a key is named: a vault's file holds none. */
const keyReference = z.string().regex(/^(env:\S+|file:.*\S)$/, "Expected a reference, env:NAME or file:PATH: a key does not belong in a config");

/** The file of a vault's process. */
export const vaultFileSchema = z.strictObject({
  region: z.string().min(1).describe("Whose secrets these are: part of what each is sealed for"),
  folder: z.string().min(1).describe("Where it keeps its sealed secrets and its audit log"),
  masterKey: keyReference.describe("Reference to the 32 bytes over all secrets, in hex or base64"),
  planeKey: keyReference.describe("Reference to the key by which data planes take leases"),
  operatorKey: keyReference.describe("Reference to the key of whoever seals, unseals, puts, rotates and revokes"),
  listen: z
    .strictObject({ host: z.enum(["127.0.0.1", "0.0.0.0"]).default("127.0.0.1"), port: z.number().int().min(0).max(65_535).default(0) })
    .prefault({})
    .describe("Where it listens; at 0.0.0.0 only in a container with a network of its own"),
  metrics: metricsAccessSchema,
  leaseMs: z.number().int().min(1_000).default(defaultTerms.leaseMs).describe("How long a lease lasts"),
  graceMs: z.number().int().min(0).default(defaultTerms.graceMs).describe("How much longer its value may be used while the vault does not answer"),
  leasesPerMinute: z.number().int().min(1).default(6_000).describe("Over all data planes; above it: 429"),
});

export type VaultFile = z.output<typeof vaultFileSchema>;
