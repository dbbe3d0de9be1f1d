import type { LimitSettings, LoadRefusal } from "../../kernel/capacity.ts";
import { charged, fits, fullBucket, refilled, remaining, waitMs, type Bucket } from "./rate-limit.ts";

export type QuotaName = Extract<LoadRefusal, "requests" | "tokens" | "input_tokens" | "output_tokens">;

/** The state of a quota after a decision. */
export interface QuotaState {
  readonly quota: QuotaName;
  readonly perMinute: number;
  readonly remaining: number;
  /** Time until it is full again, whole ms. */
  readonly resetMs: number;
}

/** What a request would take from its customer's limits. */
export interface Ask {
  readonly nowMs: number;
  /** Of the whole prompt. */
  readonly inputTokens: number;
  /** The part of the input that the prompt cache holds. */
  readonly cachedTokens: number;
  /** The maximum that the request allows. */
  readonly outputTokens: number;
  /** The request's own draw for the shared pool, [0, 1). */
  readonly poolUnit: number;
}

export type LimitDecision = { readonly quotas: readonly QuotaState[] } & (
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly by: Exclude<LoadRefusal, "queue_full" | "queue_timeout">;
      /**
       * Exact: the same request alone, sent after this time, is admitted. Null: no wait helps, or the time is unknown.
       */
      readonly retryAfterMs: number | null;
      /** Of the quota that refused. */
      readonly requested: number;
      readonly perMinute: number;
    }
);

/** The state of one customer's limits at one deployment. */
export interface LimiterState {
  readonly buckets: Readonly<Partial<Record<QuotaName, Bucket>>>;
  /** Admitted requests in this window of the acceleration limit and in the one before. */
  readonly ramp: { readonly window: number; readonly admitted: number; readonly before: number };
}

const quotaNames: readonly QuotaName[] = ["requests", "tokens", "input_tokens", "output_tokens"];

export function newLimiter(settings: LimitSettings, nowMs: number): LimiterState {
  const rates = ratesOf(settings);
  const made = quotaNames.flatMap((quota) => (rates[quota] === null ? [] : [[quota, fullBucket(rates[quota], settings.burstMs, nowMs)] as const]));
  return { buckets: Object.fromEntries(made), ramp: { window: -Infinity, admitted: 0, before: 0 } };
}

/**
 * Decides on one request. Charges every quota or none: a refusal costs nothing, so that its wait is exact. The quota
 * with the longest wait is reported. Quotas are checked first, then the acceleration limit, then the pool.
 */
export function limit(settings: LimitSettings, state: LimiterState, ask: Ask): readonly [LimitDecision, LimiterState] {
  const buckets = mapBuckets(state.buckets, (bucket) => refilled(bucket, ask.nowMs));
  const ramp = rampAt(settings, state.ramp, ask.nowMs);
  const refuse = (by: Refusal["by"], facts: Omit<Refusal, "by">): readonly [LimitDecision, LimiterState] => [
    { admitted: false, by, ...facts, quotas: quotasOf(buckets) },
    { buckets, ramp },
  ];
  const binding = bindingQuota(buckets, ask);
  if (binding !== null) return refuse(binding.quota, binding);
  const { acceleration, pool } = settings;
  if (acceleration !== null) {
    const allowed = Math.max(acceleration.floorRequests, Math.floor(ramp.before * acceleration.growthMax));
    const nextWindowMs = (ramp.window + 1) * acceleration.windowMs;
    if (ramp.admitted >= allowed) return refuse("acceleration", { retryAfterMs: Math.ceil(nextWindowMs - ask.nowMs), requested: 1, perMinute: allowed });
  }
  if (pool !== null && ask.poolUnit < pool.refusedShare) return refuse("pool", { retryAfterMs: null, requested: 1, perMinute: 0 });
  const after = mapBuckets(buckets, (bucket, quota) => charged(bucket, costOf(quota, ask)));
  return [{ admitted: true, quotas: quotasOf(after) }, { buckets: after, ramp: { ...ramp, admitted: ramp.admitted + 1 } }];
}

/** Returns output that was reserved and not generated. */
export function settleOutput(state: LimiterState, nowMs: number, unused: number): LimiterState {
  const bucket = state.buckets.output_tokens;
  if (bucket === undefined || unused <= 0) return state;
  return { ...state, buckets: { ...state.buckets, output_tokens: charged(refilled(bucket, nowMs), -unused) } };
}

interface Refusal {
  readonly by: Exclude<LoadRefusal, "queue_full" | "queue_timeout">;
  readonly retryAfterMs: number | null;
  readonly requested: number;
  readonly perMinute: number;
}

function ratesOf(settings: LimitSettings): Readonly<Record<QuotaName, number | null>> {
  return {
    requests: settings.requestsPerMinute,
    tokens: settings.tokensPerMinute,
    input_tokens: settings.inputTokensPerMinute,
    output_tokens: settings.outputTokensPerMinute,
  };
}

function costOf(quota: QuotaName, ask: Ask): number {
  switch (quota) {
    case "requests":
      return 1;
    case "tokens":
      return ask.inputTokens + ask.outputTokens;
    case "input_tokens":
      return ask.inputTokens - ask.cachedTokens;
    case "output_tokens":
      return ask.outputTokens;
  }
}

/** The quota with the longest wait. Null: the request fits all. */
function bindingQuota(buckets: LimiterState["buckets"], ask: Ask): ({ readonly quota: QuotaName } & Omit<Refusal, "by">) | null {
  let worst: { quota: QuotaName; wait: number; requested: number; perMinute: number } | null = null;
  for (const quota of quotaNames) {
    const bucket = buckets[quota];
    const requested = costOf(quota, ask);
    if (bucket === undefined || fits(bucket, requested)) continue;
    const wait = waitMs(bucket, requested);
    if (worst === null || wait > worst.wait) worst = { quota, wait, requested, perMinute: bucket.perMinute };
  }
  if (worst === null) return null;
  const { quota, wait, requested, perMinute } = worst;
  return { quota, retryAfterMs: wait === Infinity ? null : wait, requested, perMinute };
}

function rampAt({ acceleration }: LimitSettings, ramp: LimiterState["ramp"], nowMs: number): LimiterState["ramp"] {
  if (acceleration === null) return ramp;
  const window = Math.floor(nowMs / acceleration.windowMs);
  if (window <= ramp.window) return ramp;
  return { window, admitted: 0, before: window === ramp.window + 1 ? ramp.admitted : 0 };
}

function mapBuckets(buckets: LimiterState["buckets"], change: (bucket: Bucket, quota: QuotaName) => Bucket): LimiterState["buckets"] {
  return Object.fromEntries(quotaNames.flatMap((quota) => (buckets[quota] === undefined ? [] : [[quota, change(buckets[quota], quota)] as const])));
}

function quotasOf(buckets: LimiterState["buckets"]): readonly QuotaState[] {
  return quotaNames.flatMap((quota) => {
    const bucket = buckets[quota];
    if (bucket === undefined) return [];
    return [{ quota, perMinute: bucket.perMinute, remaining: remaining(bucket), resetMs: waitMs(bucket, bucket.size) }];
  });
}
