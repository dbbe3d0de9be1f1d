import { vaultHandler } from "../../gateway/vault/core/handler.ts";
import { Vault, type MasterKey } from "../../gateway/vault/core/vault.ts";
import type { VaultFile } from "../../gateway/vault/config.ts";
import { seededRng } from "../../kernel/rng.ts";
import { sha256 } from "../plan/packages.ts";
import type { Program } from "./component.ts";
import { vaultDisk, type VirtualDisk } from "./disk.ts";
import { virtualKey } from "./keys.ts";
import type { VirtualProcess } from "./process.ts";

/** A vault's process, as the live one puts its core together (gateway/vault/server.ts). */
export interface VaultProgram extends Program {
  readonly vault: Vault;
}

export interface VaultOptions {
  readonly seed: number;
  /** Of the component. */
  readonly id: string;
  /** Which of its processes it is, from 0. */
  readonly life: number;
  readonly file: VaultFile;
  readonly disk: VirtualDisk;
}

export function vaultProgram(process: VirtualProcess, { seed, id, life, file, disk }: VaultOptions): VaultProgram {
  const { clock } = process;
  const { region, leaseMs, graceMs, leasesPerMinute } = file;
  const rng = seededRng(seed, `${id}/${life}`);
  const vault = new Vault({ region, terms: { leaseMs, graceMs } }, { clock, master: standInKey(), disk: vaultDisk(disk), digest: sha256, randomId: () => String(rng.next()) });
  const bearers = new Map([[virtualKey(file.planeKey, region), "plane"], [virtualKey(file.operatorKey, region), "operator"]] as const);
  const handle = vaultHandler({ vault, clock, roleOf: (bearer) => bearers.get(bearer) ?? null, leasesPerMinute });
  // On the virtual network nobody writes the header by which the live process knows a page in a browser.
  return { vault, handler: (request, signal) => handle({ ...request, headers: { host: "127.0.0.1", ...request.headers } }, signal) };
}

/** Stands in for encryption, with its refusals: what is sealed for one secret does not open as another. */
function standInKey(): MasterKey {
  let isLoaded = false;
  return {
    get isLoaded() {
      return isLoaded;
    },
    load: () => void (isLoaded = true),
    forget: () => void (isLoaded = false),
    seal: (plain, context) => JSON.stringify([context, plain]),
    open: (sealed, context) => {
      const [sealedFor, plain] = JSON.parse(sealed) as [string, string];
      if (sealedFor !== context) throw new Error("It was sealed for another place");
      return plain;
    },
  };
}
