import type { Signal } from "../../../kernel/signal.ts";
import type { Grant } from "./vault.ts";
import type { Standing } from "./vault-state.ts";

/**
 * Why a vault gave no lease. None of them ends a lease that is held: a vault that has lost its data must not end the
 * service. `revoked` alone does (`Standing`).
 */
export type VaultTrouble = "unreachable" | "slow" | "sealed" | "too_many" | "cached" | "forbidden" | "unknown" | "failed";

export class VaultUnavailable extends Error {
  override readonly name = "VaultUnavailable";
  readonly trouble: VaultTrouble;
  /** What it asked for by Retry-After. */
  readonly retryAfterMs: number | null;

  constructor(trouble: VaultTrouble, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.trouble = trouble;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * A vault as a data plane uses it, whichever engine it is. Both calls reject with `VaultUnavailable`, or `Cancelled` by
 * the signal.
 */
export interface VaultPort {
  /** A new lease on the present version. */
  lease(name: string, signal: Signal): Promise<Grant>;
  /** How versions that are held stand, in their order. */
  standing(held: readonly { readonly name: string; readonly version: number }[], signal: Signal): Promise<readonly Standing[]>;
}
