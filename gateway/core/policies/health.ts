import type { FailureKind } from "../../../kernel/outcome.ts";

/**
 * What attempts have shown of one deployment, whatever its rate. Times are on the `nowMs` timeline, -Infinity: never.
 */
export interface Health {
  readonly provider: string;
  /** Since its last success. */
  readonly failuresInARow: number;
  readonly lastSuccessMs: number;
  readonly lastFailureMs: number;
  /** The same of failures that say something of its provider's other deployments. */
  readonly lastSharedFailureMs: number;
  /** Kept while something has failed there: how often it is asked matters only then. */
  readonly lastAskedMs: number;
}

/** The same of a provider, over all of its deployments. */
export interface ProviderHealth {
  /** Since anything of it could be connected to. */
  readonly connectFailuresInARow: number;
  readonly lastSuccessMs: number;
  readonly lastFailureMs: number;
  readonly lastAskedMs: number;
}

/** Health by deployment and by provider. */
export interface HealthBook {
  readonly deployments: Readonly<Record<string, Health>>;
  readonly providers: Readonly<Record<string, ProviderHealth>>;
}

export const emptyHealthBook: HealthBook = { deployments: {}, providers: {} };

/** A deployment and the provider that it belongs to. */
export interface Site {
  readonly deployment: string;
  readonly provider: string;
}

/** So many failures in a row, without a success for so long, are enough where a breaker has too little to count. */
const FAILURES_MIN = 3;
const NO_SUCCESS_MS = 30_000;

/** A deployment that is known to be bad is asked at most once in this time, unless it is the best that is left. */
export const ASK_INTERVAL_MS = 5_000;

/** So many of its deployments are bad when a provider is. */
const BAD_DEPLOYMENTS_MIN = 2;

/** Successes are noted once in this time: the figures are compared with seconds, and each note copies the book. */
const NOTE_MS = 1_000;

const never = -Infinity;
const unknownHealth = { failuresInARow: 0, lastSuccessMs: never, lastFailureMs: never, lastSharedFailureMs: never, lastAskedMs: never };
const unknownProvider: ProviderHealth = { connectFailuresInARow: 0, lastSuccessMs: never, lastFailureMs: never, lastAskedMs: never };

export function healthOf(book: HealthBook, { deployment, provider }: Site): Health {
  return book.deployments[deployment] ?? { provider, ...unknownHealth };
}

function providerOf(book: HealthBook, provider: string): ProviderHealth {
  return book.providers[provider] ?? unknownProvider;
}

/**
 * Why attempts show that a deployment is bad, whatever its rate: the last three failed and none has succeeded for 30 s,
 * or its provider cannot be connected to. Null: they do not.
 */
export function reasonToOpen(book: HealthBook, site: Site, nowMs: number): string | null {
  const { failuresInARow } = healthOf(book, site);
  if (providerOf(book, site.provider).connectFailuresInARow >= FAILURES_MIN) return `The last ${FAILURES_MIN} attempts at its provider could not connect`;
  const isFailing = failuresInARow >= FAILURES_MIN && !hasSucceededLately(book, site, nowMs);
  return isFailing ? `The last ${failuresInARow} attempts failed, and none has succeeded for ${NO_SUCCESS_MS / 1_000} s` : null;
}

/**
 * Whether a provider is bad: it cannot be connected to, or two of its deployments have an open breaker and nothing has
 * succeeded there since. A deployment with a success of its own in the last 30 s is exempt from the second. `isOpen`:
 * whether a deployment's breaker is not closed.
 */
export function isProviderBad(book: HealthBook, site: Site, { nowMs, isOpen }: { nowMs: number; isOpen: (deployment: string) => boolean }): boolean {
  const provider = providerOf(book, site.provider);
  if (provider.lastFailureMs <= provider.lastSuccessMs) return false;
  if (provider.connectFailuresInARow >= FAILURES_MIN) return true;
  if (hasSucceededLately(book, site, nowMs)) return false;
  const isBad = ([deployment, other]: readonly [string, Health]) => other.provider === site.provider && other.lastSharedFailureMs > provider.lastSuccessMs && isOpen(deployment);
  return Object.entries(book.deployments).filter(isBad).length >= BAD_DEPLOYMENTS_MIN;
}

/** Whether none of a provider's deployments has been asked for so long. */
export function isProviderDue(book: HealthBook, { provider }: Site, { nowMs, intervalMs }: { nowMs: number; intervalMs: number }): boolean {
  return nowMs - providerOf(book, provider).lastAskedMs >= intervalMs;
}

/** Whether it has succeeded within the last 30 s. */
export function hasSucceededLately(book: HealthBook, site: Site, nowMs: number): boolean {
  return nowMs - healthOf(book, site).lastSuccessMs < NO_SUCCESS_MS;
}

/** Whether a deployment has not been asked for `ASK_INTERVAL_MS`. */
export function isDue(book: HealthBook, site: Site, nowMs: number): boolean {
  return nowMs - healthOf(book, site).lastAskedMs >= ASK_INTERVAL_MS;
}

/** Records that an attempt begins. `always`: also where nothing has failed. */
export function recordAsked(book: HealthBook, site: Site, { nowMs, always }: { nowMs: number; always: boolean }): HealthBook {
  const provider = providerOf(book, site.provider);
  const health = healthOf(book, site);
  if (!always && health.failuresInARow === 0 && provider.lastFailureMs <= provider.lastSuccessMs) return book;
  return withBoth(book, site, { health: { ...health, lastAskedMs: nowMs }, provider: { ...provider, lastAskedMs: nowMs } });
}

/** Records a success: the end of an attempt, or, after failures, its commit point. */
export function recordSuccess(book: HealthBook, site: Site, nowMs: number): HealthBook {
  const provider = providerOf(book, site.provider);
  const health = healthOf(book, site);
  const changesHealth = health.failuresInARow > 0 || provider.lastFailureMs > provider.lastSuccessMs || provider.connectFailuresInARow > 0;
  if (!changesHealth && nowMs - health.lastSuccessMs < NOTE_MS) return book;
  return withBoth(book, site, { health: { ...health, failuresInARow: 0, lastSuccessMs: nowMs }, provider: { ...provider, connectFailuresInARow: 0, lastSuccessMs: nowMs } });
}

export function recordFailure(book: HealthBook, site: Site, { nowMs, askedMs, failure }: { nowMs: number; askedMs: number; failure: FailureKind }): HealthBook {
  const provider = providerOf(book, site.provider);
  const health = healthOf(book, site);
  const connectFailuresInARow = isConnectFailure(failure) ? provider.connectFailuresInARow + 1 : 0;
  const asked = (before: { readonly lastAskedMs: number }) => Math.max(before.lastAskedMs, askedMs);
  const lastSharedFailureMs = isOwnFailure(failure) ? health.lastSharedFailureMs : nowMs;
  const nextHealth = { ...health, failuresInARow: health.failuresInARow + 1, lastFailureMs: nowMs, lastSharedFailureMs, lastAskedMs: asked(health) };
  const lastFailureMs = isOwnFailure(failure) ? provider.lastFailureMs : nowMs;
  return withBoth(book, site, { health: nextHealth, provider: { ...provider, connectFailuresInARow, lastFailureMs, lastAskedMs: asked(provider) } });
}

/**
 * Whether a failure is about the deployment's own key or model: it says nothing of deployments of the same provider
 * that have others.
 */
function isOwnFailure(failure: FailureKind): boolean {
  return failure === "auth" || failure === "quota_exhausted" || failure === "not_found" || failure === "contract";
}

function isConnectFailure(failure: FailureKind): boolean {
  return failure === "dns" || failure === "refused" || failure === "connect_timeout";
}

function withBoth(book: HealthBook, site: Site, { health, provider }: { health: Health; provider: ProviderHealth }): HealthBook {
  return {
    deployments: { ...book.deployments, [site.deployment]: { ...health, provider: site.provider } },
    providers: { ...book.providers, [site.provider]: provider },
  };
}
