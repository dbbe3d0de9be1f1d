import { messageOf } from "../../kernel/errors.ts";
import type { Clock, Secrets } from "../../kernel/seams.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { VaultConfig } from "../config/vault-schema.ts";
import type { GatewayConfig } from "../core/config.ts";
import { liveSecrets, withVault } from "./secrets.ts";
import { type VaultSecrets, vaultSecrets } from "./secrets-vault.ts";

interface CredentialOptions {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly writeLine: (line: string) => void;
}

/** Where the process has its secrets from. */
export interface Credentials {
  /** Its environment and its files. */
  readonly own: Secrets;
  /** These, and the vault where the file names one. */
  readonly all: Secrets;
  readonly vault: VaultSecrets | null;
  /** Takes the leases that a configuration needs before its first request. */
  warm(config: GatewayConfig): Promise<void>;
  /** Requests to a deployment without a readable key fail over silently, so it is logged before the first request. */
  logUnreadable(config: GatewayConfig): Promise<void>;
}

/** Throws `LabError` where a vault is named and cannot be used. */
export function openCredentials(vaultConfig: VaultConfig | null, { clock, environment, writeLine }: CredentialOptions): Credentials {
  const own = liveSecrets(environment, clock);
  const vault = vaultConfig === null ? null : vaultSecrets(vaultConfig, { clock, own, environment, writeLine });
  const all = withVault(own, vault);
  return {
    own,
    all,
    vault,
    warm: async ({ deployments }) => vault?.warm(deployments.map(({ credential }) => credential)),
    logUnreadable: async ({ deployments }) => {
      for (const [credential, users] of Map.groupBy(deployments, (deployment) => deployment.credential)) {
        const log = (error: unknown) => writeLine(JSON.stringify({ event: "credential_unreadable", message: messageOf(error), deployments: users.map(({ name }) => name) }));
        await all.read(credential, neverSignal).catch(log);
      }
    },
  };
}
