import type { FailureKind } from "../../../kernel/outcome.ts";
import type { ConcurrencyConfig, PolicyConfig } from "../config.ts";
import { type AnswerKind, type Latencies, smoothed, smoothedAtLeast } from "./balance.ts";
import { type BreakerResult, halfOpenedBy, opened, recordResult, releaseProbeSlot, type Ticket } from "./breaker.ts";
import { type Concurrency, recordFirstToken, releaseSlot } from "./concurrency.ts";
import { failureClasses } from "./failures.ts";
import { reasonToOpen, recordFailure, recordSuccess } from "./health.ts";
import { breakerAt, breakerOf, type PolicyMoment, type PolicyState, siteOf, withBreaker } from "./policy-state.ts";

/** How an attempt ended. */
export interface PolicyEvent extends PolicyMoment {
  readonly ticket: Ticket;
  readonly failure: FailureKind | "cancelled" | null;
  readonly retryAfterMs: number | null;
  /**
   * When the attempt began (`nowMs` timeline), and how long after that it reached its commit point. Absent or null
   * where it is not known.
   */
  readonly startedMs?: number;
  readonly latencyMs?: number | null;
  /** The kind of answer that was requested; absent: a stream. */
  readonly kind?: AnswerKind;
  /** Its commit point was recorded by `recordCommit` before. Absent: no. */
  readonly commitReported?: boolean;
}

/** Records how an attempt ended: for health, the breaker, the bench, latencies and concurrency. */
export function observe(state: PolicyState, event: PolicyEvent): PolicyState {
  const { ticket, settings, nowMs } = event;
  const { deployment } = ticket;
  const result = resultOf(event.failure);
  const holdUntilMs = event.retryAfterMs === null || result !== "failure" ? 0 : nowMs + event.retryAfterMs;
  let next = recordHealth(releaseConcurrency(updateLatencies(state, event), event), event, result);
  if (holdUntilMs > (state.benchedUntilMs[deployment] ?? 0)) {
    next = { ...next, benchedUntilMs: { ...next.benchedUntilMs, [deployment]: holdUntilMs } };
  }
  if (settings.breaker === null) return next;
  const begun = event.startedMs === undefined ? {} : { startedMs: event.startedMs };
  const ended = { ticket, nowMs, holdUntilMs, commitReported: event.commitReported === true, ...begun, reason: String(event.failure), result };
  const breaker = recordResult(breakerOf(state, deployment), settings.breaker, ended);
  const reason = breaker.kind === "closed" && result === "failure" ? reasonToOpen(next.health, siteOf(event.providers, deployment), nowMs) : null;
  return withBreaker(next, deployment, reason === null ? breaker : opened(breaker, settings.breaker, { nowMs, holdUntilMs, reason: `${reason}, the last with ${ended.reason}` }));
}

/**
 * Whether the commit point of this ticket's stream is evidence: for a probe, where the deployment was known to be bad,
 * and where concurrency is limited.
 */
export function isCommitEvidence({ probe, isKnownBad }: Ticket, { concurrency }: PolicyConfig): boolean {
  return probe || isKnownBad === true || concurrency !== null;
}

/**
 * Records that a stream has reached its commit point, `latencyMs` after it was sent, where that is evidence before its
 * end.
 */
export function recordCommit(state: PolicyState, moment: PolicyMoment & { readonly latencyMs: number; readonly sentCalm: boolean }, ticket: Ticket): PolicyState {
  const { nowMs, providers } = moment;
  const { deployment } = ticket;
  const before = withConcurrency(state, moment, deployment, (concurrency, limits) => recordFirstToken(concurrency, limits, moment));
  const breaker = breakerAt(before, deployment, nowMs);
  if (ticket.isKnownBad !== true) return withBreaker(before, deployment, releaseProbeSlot(breaker, ticket));
  const healthy = withoutBench({ ...before, health: recordSuccess(before.health, siteOf(providers, deployment), nowMs) }, deployment);
  return withBreaker(healthy, deployment, halfOpenedBy(releaseProbeSlot(breaker, ticket), ticket));
}

function recordHealth(state: PolicyState, { ticket, failure, nowMs, startedMs, providers }: PolicyEvent, result: BreakerResult): PolicyState {
  const site = siteOf(providers, ticket.deployment);
  if (result === "success") {
    const next = { ...state, health: recordSuccess(state.health, site, nowMs) };
    return ticket.isKnownBad === true ? withoutBench(next, ticket.deployment) : next;
  }
  if (result !== "failure") return state;
  return { ...state, health: recordFailure(state.health, site, { nowMs, askedMs: startedMs ?? nowMs, failure: failure as FailureKind }) };
}

/** It answered although it had asked not to be called: it is back before the time that it named. */
function withoutBench(state: PolicyState, deployment: string): PolicyState {
  if (state.benchedUntilMs[deployment] === undefined) return state;
  const { [deployment]: _, ...benchedUntilMs } = state.benchedUntilMs;
  return { ...state, benchedUntilMs };
}

function updateLatencies(state: PolicyState, event: PolicyEvent): PolicyState {
  if (event.settings.balance === null) return state;
  const { kind = "stream" } = event;
  const before = state.latencies[kind];
  const after = updateLatency(before, event);
  return after === before ? state : { ...state, latencies: { ...state.latencies, [kind]: after } };
}

function updateLatency(latencies: Latencies, { ticket: { deployment }, failure, latencyMs, startedMs, nowMs }: PolicyEvent): Latencies {
  if (latencyMs !== undefined && latencyMs !== null) return smoothed(latencies, deployment, latencyMs);
  const isUnfinished = failure === "cancelled" || failure === "first_token_timeout";
  return isUnfinished && startedMs !== undefined ? smoothedAtLeast(latencies, deployment, nowMs - startedMs) : latencies;
}

function releaseConcurrency(state: PolicyState, event: PolicyEvent): PolicyState {
  const { ticket, failure, nowMs, commitReported = false } = event;
  return withConcurrency(state, event, ticket.deployment, (before, limits) => releaseSlot(before, limits, { failure, nowMs, answered: commitReported }));
}

function withConcurrency(state: PolicyState, { settings }: PolicyMoment, deployment: string, next: (before: Concurrency, limits: ConcurrencyConfig) => Concurrency): PolicyState {
  const before = state.concurrency[deployment];
  if (settings.concurrency === null || before === undefined) return state;
  return { ...state, concurrency: { ...state.concurrency, [deployment]: next(before, settings.concurrency) } };
}

function resultOf(failure: FailureKind | "cancelled" | null): BreakerResult {
  if (failure === null) return "success";
  return failure !== "cancelled" && failureClasses[failure].breaker ? "failure" : "neutral";
}
