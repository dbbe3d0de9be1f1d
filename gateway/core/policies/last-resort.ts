/**
 * What pays for further attempts at deployments that are known to be bad: one bucket for the whole process, filled by
 * time and by requests. Time alone would be too little for many requests, and requests alone too little for few.
 */
export interface LastResort {
  readonly tokens: number;
  readonly atMs: number;
}

const TOKENS_A_SECOND = 1;
const TOKENS_A_REQUEST = 0.05;
const TOKENS_MAX = 10;

export const fullLastResort: LastResort = { tokens: TOKENS_MAX, atMs: 0 };

/** A request earns its share. */
export function earnLastResort(bucket: LastResort): LastResort {
  return bucket.tokens === TOKENS_MAX ? bucket : { ...bucket, tokens: Math.min(TOKENS_MAX, bucket.tokens + TOKENS_A_REQUEST) };
}

/**
 * Null: there is no token. Law: over any time, attempts <= TOKENS_MAX + TOKENS_A_SECOND * seconds + TOKENS_A_REQUEST *
 * requests.
 */
export function spendLastResort(bucket: LastResort, nowMs: number): LastResort | null {
  const tokens = tokensAt(bucket, nowMs);
  return tokens >= 1 ? { tokens: tokens - 1, atMs: nowMs } : null;
}

export function tokensAt({ tokens, atMs }: LastResort, nowMs: number): number {
  return Math.min(TOKENS_MAX, tokens + (Math.max(0, nowMs - atMs) / 1_000) * TOKENS_A_SECOND);
}
