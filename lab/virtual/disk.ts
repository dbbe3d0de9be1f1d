import type { PopularityDisk } from "../../gateway/core/cache/warm-up/popularity.ts";
import type { PackageDisk } from "../../gateway/core/packages/ports.ts";
import type { ControlDisk } from "../../gateway/control/region.ts";
import { replay } from "../../gateway/control/core/journal.ts";
import type { HeldLease, LeaseDisk } from "../../gateway/vault/core/lease-keeper.ts";
import type { AuditEntry } from "../../gateway/vault/core/audit.ts";
import type { VaultDisk } from "../../gateway/vault/core/vault.ts";
import type { VaultState } from "../../gateway/vault/core/vault-state.ts";
import { sha256, type ConfigPackage } from "../plan/packages.ts";

/** The disk of a component: texts by their file's name. It outlives every process of the component. */
export type VirtualDisk = Map<string, string>;

const read = <T>(disk: VirtualDisk, file: string): T | null => (disk.has(file) ? (JSON.parse(disk.get(file)!) as T) : null);

export const packageFile = (name: string): string => `packages/${name}`;

/** Where a data plane keeps its packages. */
export function packageDisk(disk: VirtualDisk): PackageDisk {
  return {
    read: (name) => Promise.resolve(disk.get(packageFile(name)) ?? null),
    write: (name, text) => Promise.resolve(void disk.set(packageFile(name), text)),
  };
}

/** Where a data plane keeps its leases. What wraps them is the live process's matter. */
export function leaseDisk(disk: VirtualDisk): LeaseDisk {
  const fileOf = (name: string) => `leases/${name}`;
  return {
    read: (name) => read<HeldLease>(disk, fileOf(name)),
    write: (lease) => void disk.set(fileOf(lease.name), JSON.stringify(lease)),
    remove: (name) => void disk.delete(fileOf(name)),
  };
}

/** Where a gateway keeps what is popular in its cache. What seals it is the live process's matter. */
export function popularityDisk(disk: VirtualDisk): PopularityDisk {
  const folder = "popularity/";
  return {
    read: () => [...disk].filter(([file]) => file.startsWith(folder)).map(([, text]) => text),
    write: (team, text) => void disk.set(folder + team, text),
  };
}

/** Of its audit log a vault reads the last line alone. */
export function vaultDisk(disk: VirtualDisk): VaultDisk {
  return {
    readState: () => read<VaultState>(disk, "vault"),
    writeState: (state) => void disk.set("vault", JSON.stringify(state)),
    lastAudit: () => read<AuditEntry>(disk, "audit"),
    appendAudit: (entry) => void disk.set("audit", JSON.stringify(entry)),
  };
}

export function controlDisk(disk: VirtualDisk, region: string): ControlDisk {
  const journal = "journal";
  return {
    replayed: replay(disk.get(journal) ?? "", { region, digest: sha256 }),
    append: (line) => void disk.set(journal, `${disk.get(journal) ?? ""}${JSON.stringify(line)}\n`),
    keep: (kept) => void disk.set(packageFile(kept.hash), JSON.stringify(kept)),
    read: (hash) => JSON.parse(disk.get(packageFile(hash))!) as ConfigPackage,
    keepRecords: (hash, records) => void disk.set(`evals/${hash}`, JSON.stringify(records)),
  };
}
