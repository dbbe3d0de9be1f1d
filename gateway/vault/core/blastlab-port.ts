import type { Grant } from "./vault.ts";
import type { Standing } from "./vault-state.ts";
import { askVault, type VaultAnswer, type VaultExchangeOptions } from "./vault-exchange.ts";
import { VaultUnavailable, type VaultPort, type VaultTrouble } from "./vault-port.ts";

export interface BlastlabPortOptions extends Omit<VaultExchangeOptions, "keyHeaders"> {
  /** Who asks, for the vault's audit log. */
  readonly plane: string;
  readonly nonce: () => string;
}

/** The embedded vault over its HTTP API. */
export function blastlabPort(options: BlastlabPortOptions): VaultPort {
  const exchange = { ...options, keyHeaders: (key: string) => ({ authorization: `Bearer ${key}` }) };
  return {
    lease: async (name, signal) => {
      const nonce = options.nonce();
      const { body } = accepted(await askVault(exchange, { method: "POST", path: "/v1/leases", body: { name, plane: options.plane, nonce } }, signal));
      if (body["nonce"] !== nonce) throw new VaultUnavailable("cached", "The answer belongs to another request: a cache stands before the vault");
      return grantOf(body);
    },
    standing: async (held, signal) => {
      const wanted = held.map(({ name, version }) => ({ name, version }));
      const { body } = accepted(await askVault(exchange, { method: "POST", path: "/v1/leases/check", body: { held: wanted } }, signal));
      const standing = body["standing"];
      if (!Array.isArray(standing) || standing.length !== held.length || !standing.every(isStanding)) throw new VaultUnavailable("failed", "The vault's answer has no standing for each version");
      return standing;
    },
  };
}

const troubles: Readonly<Record<number, VaultTrouble>> = { 401: "forbidden", 403: "forbidden", 404: "unknown", 429: "too_many", 503: "sealed" };

function accepted(answer: VaultAnswer): VaultAnswer {
  if (answer.status === 200) return answer;
  const { error } = answer.body as { error?: { message?: unknown } };
  const message = typeof error?.message === "string" ? error.message : `The vault answered ${answer.status}`;
  throw new VaultUnavailable(troubles[answer.status] ?? "failed", message, answer.retryAfterMs);
}

function grantOf({ id, name, version, value, leaseMs, graceMs }: Readonly<Record<string, unknown>>): Grant {
  if (typeof id !== "string" || typeof name !== "string" || typeof version !== "number" || typeof value !== "string" || typeof leaseMs !== "number" || typeof graceMs !== "number") {
    throw new VaultUnavailable("failed", "The vault's answer is no lease");
  }
  return { id, name, version, value, leaseMs, graceMs };
}

const isStanding = (value: unknown): value is Standing => value === "current" || value === "outdated" || value === "revoked";
