import type { Rng } from "../../../kernel/rng.ts";

/** How long a lease lasts, and how much longer a data plane may use its value while the vault does not answer. */
export interface LeaseTerms {
  readonly leaseMs: number;
  readonly graceMs: number;
}

export const defaultTerms: LeaseTerms = { leaseMs: 3_600_000, graceMs: 86_400_000 };

/** The right to use one version of a secret for a time. Times are Unix ms of the clock of whoever holds it. */
export interface Lease {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly issuedAtMs: number;
  /** From here on it should have been renewed. */
  readonly notAfterMs: number;
  /** From here on its value may not be used. */
  readonly graceUntilMs: number;
}

export type LeaseState = "fresh" | "grace" | "expired";

export function leaseState({ notAfterMs, graceUntilMs }: Pick<Lease, "notAfterMs" | "graceUntilMs">, wallMs: number): LeaseState {
  if (wallMs < notAfterMs) return "fresh";
  return wallMs < graceUntilMs ? "grace" : "expired";
}

/** The name of a secret: also of a file, and part of a URL. */
export function isSecretName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name);
}

const renewalParts = [1 / 3, 1 / 2, 2 / 3];
/** Of the lease's life, to either side: data planes that started together do not renew together. */
const renewalJitter = 0.05;

/** When a lease is renewed, Unix ms: three tries in its first two thirds, so that one failed renewal is no event. */
export function renewalTimes({ issuedAtMs, notAfterMs }: Lease, rng: Rng): readonly number[] {
  const lifeMs = notAfterMs - issuedAtMs;
  return renewalParts.map((part) => issuedAtMs + lifeMs * (part + renewalJitter * (2 * rng.next() - 1)));
}

const retryBaseMs = 1_000;
const retryMaxMs = 60_000;

/**
 * How long to wait after the n-th failure in a row (from 1): exponential, with equal jitter. What the vault asked for
 * by Retry-After is the least, and gets jitter as well, because all data planes were asked for the same.
 */
export function retryDelayMs(failures: number, rng: Rng, retryAfterMs: number | null): number {
  const ceilingMs = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(failures - 1, 10));
  const delayMs = ceilingMs * (0.5 + 0.5 * rng.next());
  return retryAfterMs === null ? delayMs : Math.max(delayMs, retryAfterMs * (1 + 0.5 * rng.next()));
}
