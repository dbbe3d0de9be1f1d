import type { FailureKind } from "../../../kernel/outcome.ts";
import type { ConcurrencyConfig } from "../config.ts";

/** How many attempts may be in flight at one deployment, learned from its results. */
export interface Concurrency {
  readonly limit: number;
  readonly inFlight: number;
  /** The limit falls at most once until then: the failures of one overload come together. */
  readonly heldUntilMs: number;
}

const DECREASE = 0.7;
const HOLD_MS = 1_000;

export function initialConcurrency(settings: ConcurrencyConfig): Concurrency {
  return { limit: settings.initial, inFlight: 0, heldUntilMs: 0 };
}

/** Whether another attempt may be sent. */
export function hasRoom({ limit, inFlight }: Concurrency): boolean {
  return inFlight < Math.floor(limit);
}

export function occupySlot(state: Concurrency): Concurrency {
  return { ...state, inFlight: state.inFlight + 1 };
}

/**
 * Records the end of an attempt: additive increase on success while at least half of the limit is used, multiplicative
 * decrease on signs of overload (AIMD; Chiu and Jain, 1989). Other failures are no evidence about load.
 */
export function releaseSlot(state: Concurrency, settings: ConcurrencyConfig, ended: { failure: FailureKind | "cancelled" | null; nowMs: number }): Concurrency {
  const inFlight = Math.max(0, state.inFlight - 1);
  if (ended.failure === null) {
    const isUsed = state.inFlight * 2 >= state.limit;
    return { ...state, inFlight, limit: isUsed ? Math.min(settings.max, state.limit + 1 / state.limit) : state.limit };
  }
  if (!isOverload(ended.failure) || ended.nowMs < state.heldUntilMs) return { ...state, inFlight };
  return { inFlight, limit: Math.max(settings.min, state.limit * DECREASE), heldUntilMs: ended.nowMs + HOLD_MS };
}

function isOverload(failure: FailureKind | "cancelled"): boolean {
  return failure === "rate_limited" || failure === "overloaded" || failure === "first_token_timeout" || failure === "connect_timeout";
}
