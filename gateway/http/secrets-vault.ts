import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../../kernel/errors.ts";
import { seededRng } from "../../kernel/rng.ts";
import type { Clock, Secrets } from "../../kernel/seams.ts";
import { vaultReference, type VaultConfig } from "../config/vault-schema.ts";
import { blastlabPort } from "../vault/core/blastlab-port.ts";
import type { Lease } from "../vault/core/lease.ts";
import { LeaseKeeper, type HeldLease, type LeaseDisk, type LeaseView } from "../vault/core/lease-keeper.ts";
import { openBaoPort } from "../vault/core/openbao-port.ts";
import type { VaultPort } from "../vault/core/vault-port.ts";
import { writeDurably } from "../vault/durable-file.ts";
import { decrypt, encrypt, parseKey } from "../vault/envelope.ts";
import { readKey } from "../vault/key-reference.ts";
import { UndiciTransport } from "./transport.ts";

/** The credentials of a vault, by references like `vault:OPENAI_API_KEY`. */
export interface VaultSecrets extends Secrets {
  /** Takes the leases of these references before the first request needs them. */
  warm(references: Iterable<string>): Promise<void>;
  state(): readonly LeaseView[];
  close(): Promise<void>;
}

export interface VaultSecretsOptions {
  readonly clock: Clock;
  /** Reads what the vault itself needs: `env:` and `file:`. */
  readonly own: Secrets;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly writeLine: (line: string) => void;
}

/**
 * Leases from the vault that `config` names. Throws `LabError` where the regional key or the folder cannot be used:
 * without them no restart would work.
 */
export function vaultSecrets(config: VaultConfig, { clock, own, environment, writeLine }: VaultSecretsOptions): VaultSecrets {
  const transport = new UndiciTransport(() => config.timeoutMs);
  const disk = leaseFolder(config.folder, parseKey(readKey(config.regionalKey, environment)), writeLine);
  const keeper = new LeaseKeeper(config, {
    clock,
    rng: seededRng(randomUUID()),
    port: portOf(config, { transport, clock, own }),
    disk,
    emit: ({ type, ...event }) => writeLine(JSON.stringify({ event: `vault_${type}`, ...event })),
  });
  const nameOf = (reference: string) => reference.slice(vaultReference.length);
  return {
    read: (reference, signal) => keeper.read(nameOf(reference), signal),
    warm: (references) => keeper.warm([...references].filter((reference) => reference.startsWith(vaultReference)).map(nameOf)),
    state: () => keeper.state(),
    close: () => {
      keeper.close();
      return transport.close();
    },
  };
}

function portOf(config: VaultConfig, { transport, clock, own }: { transport: UndiciTransport; clock: Clock; own: Secrets }): VaultPort {
  const exchange = { transport, clock, url: config.url, timeoutMs: config.timeoutMs, key: (signal: Parameters<Secrets["read"]>[1]) => own.read(config.credential, signal) };
  if (config.engine === "blastlab") return blastlabPort({ ...exchange, plane: config.plane, nonce: randomUUID });
  return openBaoPort({ ...exchange, mount: config.mount, terms: config });
}

/** One file a lease: its terms in clear, its value wrapped with the regional key and bound to those terms. */
export function leaseFolder(folder: string, key: Buffer, writeLine: (line: string) => void): LeaseDisk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (name: string) => path.join(folder, `${name}.lease.json`);
  const report = (event: string, name: string, error: unknown) => writeLine(JSON.stringify({ event, name, message: messageOf(error) }));
  return {
    read: (name) => {
      try {
        const { wrapped, ...terms } = JSON.parse(readFileSync(fileOf(name), "utf8")) as Lease & { wrapped: string };
        return { ...terms, value: decrypt(key, wrapped, contextOf(terms)).toString() };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") report("lease_unreadable", name, error instanceof SyntaxError ? "not JSON" : error);
        return null;
      }
    },
    write: ({ value, ...terms }: HeldLease) => {
      try {
        writeDurably(fileOf(terms.name), JSON.stringify({ ...terms, wrapped: encrypt(key, Buffer.from(value), contextOf(terms)) }));
      } catch (error) {
        report("lease_not_kept", terms.name, error);
      }
    },
    remove: (name) => {
      try {
        rmSync(fileOf(name), { force: true });
      } catch (error) {
        report("lease_not_removed", name, error);
      }
    },
  };
}

/** Terms that were changed on disk no longer fit the value. */
function contextOf({ id, name, version, issuedAtMs, notAfterMs, graceUntilMs }: Lease): string {
  return JSON.stringify(["lease", id, name, version, issuedAtMs, notAfterMs, graceUntilMs]);
}
