import type { PolicyConfig } from "../config.ts";
import type { AnswerKind, Latencies } from "./balance.ts";
import { advance, type Breaker, closedBreaker } from "./breaker.ts";
import { type Budget, fullBudget } from "./budget.ts";
import type { Concurrency } from "./concurrency.ts";
import { emptyHealthBook, type HealthBook, type Site } from "./health.ts";
import { fullLastResort, type LastResort } from "./last-resort.ts";

/** What a data-plane process has learned about its deployments. Immutable: every step returns the next one. */
export interface PolicyState {
  /** Pays for retries in place. */
  readonly budget: Budget;
  /** Pays for further attempts at deployments that are known to be bad. */
  readonly lastResort: LastResort;
  readonly breakers: Readonly<Record<string, Breaker>>;
  /** Deployments that asked, by Retry-After, not to be called until then (`nowMs` timeline). */
  readonly benchedUntilMs: Readonly<Record<string, number>>;
  /** Deployments that an operator has taken out. They are never asked. */
  readonly isolated: ReadonlySet<string>;
  readonly health: HealthBook;
  /** Measured while requests are balanced. */
  readonly latencies: Readonly<Record<AnswerKind, Latencies>>;
  /** Tracked while concurrency is limited. */
  readonly concurrency: Readonly<Record<string, Concurrency>>;
}

/** When, under which settings, and whose deployments a question is about. */
export interface PolicyMoment {
  readonly nowMs: number;
  readonly settings: PolicyConfig;
  /** The provider of each deployment. Absent: each has one of its own. */
  readonly providers?: Readonly<Record<string, string>>;
}

export function initialPolicy(settings: PolicyConfig): PolicyState {
  return {
    budget: fullBudget(settings.retryBudget),
    lastResort: fullLastResort,
    breakers: {},
    benchedUntilMs: {},
    isolated: new Set(),
    health: emptyHealthBook,
    latencies: { stream: {}, whole: {} },
    concurrency: {},
  };
}

export function breakerOf(state: PolicyState, deployment: string): Breaker {
  return state.breakers[deployment] ?? closedBreaker;
}

/** The breaker as it is at `nowMs`. */
export function breakerAt(state: PolicyState, deployment: string, nowMs: number): Breaker {
  return advance(breakerOf(state, deployment), nowMs);
}

export function withBreaker(state: PolicyState, deployment: string, breaker: Breaker): PolicyState {
  return state.breakers[deployment] === breaker ? state : { ...state, breakers: { ...state.breakers, [deployment]: breaker } };
}

export function siteOf(providers: PolicyMoment["providers"], deployment: string): Site {
  return { deployment, provider: providers?.[deployment] ?? deployment };
}

/** An operator takes a deployment out, or gives it back. */
export function withIsolation(state: PolicyState, deployment: string, isIsolated: boolean): PolicyState {
  const isolated = new Set(state.isolated);
  if (isIsolated) isolated.add(deployment);
  else isolated.delete(deployment);
  return { ...state, isolated };
}
