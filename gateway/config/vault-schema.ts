import { z } from "zod";
import { defaultTerms } from "../vault/core/lease.ts";
import { baseUrl, ownReference } from "./schema-parts.ts";

const shared = {
  url: baseUrl.describe("Where the region's vault listens, without a trailing slash"),
  credential: ownReference.describe("Reference to the key by which this process takes leases, `env:NAME` or `file:PATH`"),
  regionalKey: ownReference.describe("Reference to the 32 bytes (hex or base64) that wrap leases on disk, `env:NAME` or `file:PATH`"),
  folder: z.string().min(1).describe("Where wrapped leases are kept for a start without the vault; one process, one folder"),
  checkMs: z.number().int().min(100).default(1_000).describe("How often the vault is asked what was rotated or revoked"),
  timeoutMs: z.number().int().min(1).default(5_000).describe("How long the vault may take to answer"),
};

/** The vault of a data plane: the embedded one, or OpenBao. */
export const vaultSchema = z.discriminatedUnion("engine", [
  z.strictObject({
    engine: z.literal("blastlab").describe("`blastlab`, the embedded vault, or `openbao`"),
    ...shared,
    plane: z.string().regex(/^[\w.@:/-]{1,64}$/, "Expected 1 to 64 letters, digits and . @ : / _ -").default("data-plane").describe("Who asks, for the vault's audit log"),
  }),
  z.strictObject({
    engine: z.literal("openbao").describe("`blastlab`, the embedded vault, or `openbao`"),
    ...shared,
    mount: z.string().regex(/^[\w/-]+$/).default("secret").describe("Of the key-value engine, version 2; a secret is the field `value` of the entry of its name"),
    leaseMs: z.number().int().min(1_000).default(defaultTerms.leaseMs).describe("Its key-value engine has no leases: how long those last that are added"),
    graceMs: z.number().int().min(0).default(defaultTerms.graceMs).describe("How much longer a value may be used while OpenBao does not answer"),
  }),
]);

export type VaultConfig = z.output<typeof vaultSchema>;

/** How the reference of a secret in a vault begins. */
export const vaultReference = "vault:";
