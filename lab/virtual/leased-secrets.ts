import { vaultReference, type VaultConfig } from "../../gateway/config/vault-schema.ts";
import { blastlabPort } from "../../gateway/vault/core/blastlab-port.ts";
import { LeaseKeeper } from "../../gateway/vault/core/lease-keeper.ts";
import type { Clock, Rng, Secrets, Transport } from "../../kernel/seams.ts";
import { leaseDisk, type VirtualDisk } from "./disk.ts";
import { virtualKey } from "./keys.ts";

/** The credentials of a data plane, with its leases where it has a vault. */
export interface LeasedSecrets extends Secrets {
  /** Takes the leases of these references before the first request needs them. */
  warm(references: Iterable<string>): Promise<void>;
  close(): void;
}

export interface LeaseSeams {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly region: string;
  readonly disk: VirtualDisk;
}

/**
 * As the live process opens them (gateway/http/secrets-vault.ts). Null: the stack has no vault, and every provider
 * takes the same key.
 */
export function leasedSecrets(config: VaultConfig | null, seams: LeaseSeams): LeasedSecrets {
  if (config === null) return { read: () => Promise.resolve("virtual-key"), warm: () => Promise.resolve(), close: () => {} };
  const { clock, rng, transport, region, disk } = seams;
  if (config.engine !== "blastlab") throw new Error(`The virtual network has no ${config.engine}`);
  const nonces = rng.fork("nonces");
  const port = blastlabPort({ transport, clock, url: config.url, timeoutMs: config.timeoutMs, key: () => Promise.resolve(virtualKey(config.credential, region)), plane: config.plane, nonce: () => String(nonces.next()) });
  const keeper = new LeaseKeeper(config, { clock, rng, port, disk: leaseDisk(disk), emit: () => {} });
  const nameOf = (reference: string) => reference.slice(vaultReference.length);
  return {
    read: (reference, signal) => (reference.startsWith(vaultReference) ? keeper.read(nameOf(reference), signal) : Promise.resolve(virtualKey(reference, region))),
    warm: (references) => keeper.warm([...references].filter((reference) => reference.startsWith(vaultReference)).map(nameOf)),
    close: () => keeper.close(),
  };
}
