import { askVault, type VaultAnswer, type VaultExchangeOptions } from "./vault-exchange.ts";
import type { LeaseTerms } from "./lease.ts";
import { VaultUnavailable, type VaultPort, type VaultTrouble } from "./vault-port.ts";
import type { Standing } from "./vault-state.ts";

export interface OpenBaoPortOptions extends Omit<VaultExchangeOptions, "keyHeaders"> {
  /** Of the key-value engine, version 2. */
  readonly mount: string;
  /** OpenBao's key-value engine has no leases: these are the ones that this adapter adds. */
  readonly terms: LeaseTerms;
}

/**
 * OpenBao (or Vault) by its key-value engine: a secret is the field `value` of the entry of its name. Its versions are
 * the engine's.
 */
export function openBaoPort(options: OpenBaoPortOptions): VaultPort {
  const exchange = { ...options, keyHeaders: (key: string) => ({ "x-vault-token": key }) };
  const standingOf = async (name: string, version: number, signal: Parameters<VaultPort["standing"]>[1]): Promise<Standing> => {
    const answer = await askVault(exchange, { method: "GET", path: `/v1/${options.mount}/metadata/${name}` }, signal);
    if (answer.status === 404) return "revoked";
    const { current_version: current, versions } = dataOf(accepted(answer)) as { current_version?: unknown; versions?: Readonly<Record<string, { destroyed?: unknown; deletion_time?: unknown }>> };
    const held = versions?.[String(version)];
    if (held === undefined || held.destroyed === true || (typeof held.deletion_time === "string" && held.deletion_time !== "")) return "revoked";
    return current === version ? "current" : "outdated";
  };
  return {
    lease: async (name, signal) => {
      const data = dataOf(accepted(await askVault(exchange, { method: "GET", path: `/v1/${options.mount}/data/${name}` }, signal)));
      const { data: fields, metadata } = data as { data?: { value?: unknown } | null; metadata?: { version?: unknown } };
      const [value, version] = [fields?.value, metadata?.version];
      if (typeof value !== "string" || value === "" || typeof version !== "number") throw new VaultUnavailable("unknown", `The entry "${name}" has no text in its field "value"`);
      return { id: `${options.mount}/${name}/${version}`, name, version, value, ...options.terms };
    },
    standing: (held, signal) => Promise.all(held.map(({ name, version }) => standingOf(name, version, signal))),
  };
}

const troubles: Readonly<Record<number, VaultTrouble>> = { 403: "forbidden", 404: "unknown", 429: "too_many", 503: "sealed" };

/** OpenBao's own messages may name paths and policies: they are not passed on. */
function accepted(answer: VaultAnswer): VaultAnswer {
  if (answer.status === 200) return answer;
  throw new VaultUnavailable(troubles[answer.status] ?? "failed", answer.status === 503 ? "OpenBao is sealed" : `OpenBao answered ${answer.status}`, answer.retryAfterMs);
}

function dataOf({ body }: VaultAnswer): object {
  const data = body["data"];
  if (typeof data !== "object" || data === null) throw new VaultUnavailable("failed", "OpenBao's answer has no data");
  return data;
}
