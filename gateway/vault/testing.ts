import { createHash } from "node:crypto";
import type { AuditEntry } from "./core/audit.ts";
import type { HeldLease, LeaseDisk } from "./core/lease-keeper.ts";
import type { MasterKey, VaultDisk } from "./core/vault.ts";
import type { VaultState } from "./core/vault-state.ts";

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Stands in for encryption, with the same refusals: text that can be read, which a test can look for. */
export function plainKey(key = "k"): MasterKey & { key: string } {
  return {
    key,
    isLoaded: false,
    load() {
      if (this.key === "") throw new Error("Cannot read the key: it is not set");
      Object.assign(this, { isLoaded: true });
    },
    forget() {
      Object.assign(this, { isLoaded: false });
    },
    seal(plain, context) {
      return JSON.stringify([this.key, context, plain]);
    },
    open(sealed, context) {
      const [key, sealedFor, plain] = JSON.parse(sealed) as [string, string, string];
      if (key !== this.key || sealedFor !== context) throw new Error("another key");
      return plain;
    },
  };
}

/** A vault's disk, which outlives its process. `isFull`: nothing can be written. */
export class MemoryVaultDisk implements VaultDisk {
  state: VaultState | null = null;
  readonly audit: AuditEntry[] = [];
  isFull = false;

  readState(): VaultState | null {
    return this.state;
  }

  writeState(state: VaultState): void {
    if (this.isFull) throw new Error("no space");
    this.state = state;
  }

  lastAudit(): AuditEntry | null {
    return this.audit.at(-1) ?? null;
  }

  appendAudit(entry: AuditEntry): void {
    if (this.isFull) throw new Error("no space");
    this.audit.push(entry);
  }
}

export class MemoryLeaseDisk implements LeaseDisk {
  readonly leases = new Map<string, HeldLease>();

  read(name: string): HeldLease | null {
    return this.leases.get(name) ?? null;
  }

  write(lease: HeldLease): void {
    this.leases.set(lease.name, lease);
  }

  remove(name: string): void {
    this.leases.delete(name);
  }
}
