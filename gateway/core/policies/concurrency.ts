import type { FailureKind } from "../../../kernel/outcome.ts";
import type { ConcurrencyConfig } from "../config.ts";

/**
 * How many attempts may wait for an answer at one deployment, learned from its results. An attempt waits until its
 * first content token: what is queued or computed at the provider. A stream that flows does not count, because its
 * length is the client's choice and not the provider's load.
 */
export interface Concurrency {
  readonly limit: number;
  /** Attempts that wait. */
  readonly waiting: number;
  /** The limit falls at most once until then: the failures of one overload come together. */
  readonly heldUntilMs: number;
  /**
   * Whether it has answered since the limit last fell. One that answers nothing is down, which no limit mends: that is
   * the breaker's concern.
   */
  readonly hasAnswered: boolean;
  /**
   * Smoothed time to a stream's first content token while less than half of the limit is used, ms. Null: not measured
   * yet.
   */
  readonly calmMs: number | null;
  /** The same at any load, of the last ten or so. */
  readonly recentMs: number | null;
}

const DECREASE = 0.7;
const HOLD_MS = 1_000;
const CALM_SMOOTHING = 0.05;
const RECENT_SMOOTHING = 0.2;
/**
 * First content tokens that take so many times longer than in calm times wait in a queue. Prompts and models differ by
 * less on average.
 */
const TOLERANCE = 2;
/** Of `hasAmpleRoom`: so many times what waits is less than the limit. */
const AMPLE = 4;
const AMPLE_TOLERANCE = 1.25;
const LIMIT_SMOOTHING = 0.05;
/** The step's own lowest limit is 4: a ratio of a half, and the root that is added. */
const QUIET_LIMIT = 6;

export function initialConcurrency(settings: ConcurrencyConfig): Concurrency {
  return { limit: settings.initial, waiting: 0, heldUntilMs: 0, hasAnswered: true, calmMs: null, recentMs: null };
}

/** Whether another attempt may be sent. */
export function hasRoom({ limit, waiting }: Concurrency): boolean {
  return waiting < Math.floor(limit);
}

/**
 * Whether there is room for work that nobody waits for: most of the limit is free, and answers are as fast as in calm
 * times.
 */
export function hasAmpleRoom({ limit, waiting, calmMs, recentMs }: Concurrency): boolean {
  return waiting * AMPLE < limit && (calmMs === null || recentMs === null || recentMs <= AMPLE_TOLERANCE * calmMs);
}

export function occupySlot(state: Concurrency): Concurrency {
  return { ...state, waiting: state.waiting + 1 };
}

/**
 * Whether an attempt that is sent now shows how long the deployment takes without load of this gateway's making. So few
 * are no load.
 */
export function isCalm({ waiting, limit }: Concurrency, { min }: ConcurrencyConfig): boolean {
  return waiting * 2 < limit || limit <= Math.max(min, QUIET_LIMIT);
}

/**
 * Records a stream's first content token, `latencyMs` after its attempt was sent. Where they get slow, requests wait in
 * a queue of the provider's, and the limit follows the ratio of calm to recent times. `sentCalm`: `isCalm` when it was
 * sent. Only those teach what is normal: under load the queue would be learned, and the limit would follow it; of those
 * that are answered in calm times only the fastest would be. Sources: Netflix concurrency-limits (Gradient2), for the
 * step; Uber's Cinnamon, for the drift.
 */
export function recordFirstToken(state: Concurrency, settings: ConcurrencyConfig, { latencyMs, sentCalm }: { latencyMs: number; sentCalm: boolean }): Concurrency {
  const calmMs = sentCalm ? smoothed(state.calmMs, latencyMs, CALM_SMOOTHING) : state.calmMs;
  const recentMs = smoothed(state.recentMs, latencyMs, RECENT_SMOOTHING);
  const freed = { ...state, calmMs, recentMs, hasAnswered: true, waiting: Math.max(0, state.waiting - 1) };
  if (calmMs === null || state.waiting * 2 < state.limit) return freed;
  const gradient = Math.min(1, Math.max(0.5, (TOLERANCE * calmMs) / recentMs));
  const next = gradient * state.limit + Math.sqrt(state.limit);
  return { ...freed, limit: Math.min(settings.max, Math.max(settings.min, state.limit + LIMIT_SMOOTHING * (next - state.limit))) };
}

const smoothed = (before: number | null, value: number, weight: number) => (before === null ? value : before + weight * (value - before));

/**
 * Records the end of an attempt. `answered`: its first content token was recorded before, and its slot is free already.
 * Other failures than signs of overload are no evidence about load.
 */
export function releaseSlot(state: Concurrency, settings: ConcurrencyConfig, ended: { failure: FailureKind | "cancelled" | null; nowMs: number; answered: boolean }): Concurrency {
  const freed = ended.answered ? state : { ...state, waiting: Math.max(0, state.waiting - 1) };
  if (ended.failure === null) return ended.answered ? freed : grown({ ...freed, hasAnswered: true }, state, settings);
  return isOverload(ended.failure) ? lowered(freed, settings, ended.nowMs) : freed;
}

/** Additive increase while at least half of the limit is used (AIMD; Chiu and Jain, 1989). */
function grown(freed: Concurrency, { waiting, limit }: Concurrency, { max }: ConcurrencyConfig): Concurrency {
  return waiting * 2 >= limit ? { ...freed, limit: Math.min(max, limit + 1 / limit) } : freed;
}

/** Multiplicative decrease. */
function lowered(freed: Concurrency, { min }: ConcurrencyConfig, nowMs: number): Concurrency {
  if (nowMs < freed.heldUntilMs || !freed.hasAnswered) return freed;
  return { ...freed, limit: Math.max(min, freed.limit * DECREASE), heldUntilMs: nowMs + HOLD_MS, hasAnswered: false };
}

function isOverload(failure: FailureKind | "cancelled"): boolean {
  return failure === "rate_limited" || failure === "overloaded" || failure === "first_token_timeout" || failure === "connect_timeout";
}
