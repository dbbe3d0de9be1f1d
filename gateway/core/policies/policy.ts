import type { FailureKind } from "../../../kernel/outcome.ts";
import type { ConcurrencyConfig, PolicyConfig } from "../config.ts";
import { fullJitterMs } from "./backoff.ts";
import { type AnswerKind, type Latencies, smoothed, smoothedAtLeast } from "./balance.ts";
import { admit, advance, recordStart, type Breaker, type BreakerResult, closedBreaker, releaseProbeSlot, permits, rampShare, recordResult, type Ticket } from "./breaker.ts";
import { type Budget, earn, fullBudget, spend, spendSpare } from "./budget.ts";
import { type Concurrency, occupySlot, releaseSlot, hasRoom, initialConcurrency } from "./concurrency.ts";
import { failureClasses } from "./failures.ts";

/** What a data-plane process has learned about its deployments. Immutable: every step returns the next one. */
export interface PolicyState {
  readonly budget: Budget;
  readonly breakers: Readonly<Record<string, Breaker>>;
  /** Deployments that asked, by Retry-After, not to be called until then (`nowMs` timeline). */
  readonly benchedUntilMs: Readonly<Record<string, number>>;
  /** Measured while requests are balanced. */
  readonly latencies: Readonly<Record<AnswerKind, Latencies>>;
  /** Tracked while concurrency is limited. */
  readonly concurrency: Readonly<Record<string, Concurrency>>;
}

/** An attempt of this request that failed before the commit point. */
export interface Tried {
  readonly deployment: string;
  readonly failure: FailureKind;
  readonly retryAfterMs: number | null;
  /** The client's own deadline ended it. Absent: no. */
  readonly isClientDeadline?: boolean;
}

type PolicyMoment = Pick<PolicyView, "nowMs" | "settings">;

/** One request's view: all that a decision may depend on besides the state. */
export interface PolicyView {
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly draw: number;
  readonly settings: PolicyConfig;
  /** Deployments in order of preference, at least one. */
  readonly route: readonly string[];
  /** When the whole request's deadline passes (`nowMs` timeline). */
  readonly deadlineMs: number;
  readonly tried: readonly Tried[];
  /** The deployment for whose retry this request has just waited. Its token is paid. */
  readonly waitedFor: string | null;
  /** Context windows, in tokens, of the deployments whose config gives them. */
  readonly contextTokens?: Readonly<Record<string, number>>;
}

export type SendReason =
  | "first"
  /** A first attempt that passes over deployments which are open, benched, full or ramping up. Spends no budget. */
  | "passed_over"
  | "retry"
  | "failover"
  /**
   * No deployment is available: the one that recovers first is asked instead of failing without an attempt (cf. Envoy's
   * panic threshold).
   */
  | "forced";

export type Decision =
  | { readonly kind: "send"; readonly ticket: Ticket; readonly reason: SendReason }
  | { readonly kind: "wait"; readonly deployment: string; readonly delayMs: number }
  | { readonly kind: "stop"; readonly reason: "not_retryable" | "attempts" | "budget" | "nowhere_left" | "full" | "too_late" };

/** How an attempt ended. */
export interface PolicyEvent {
  readonly nowMs: number;
  readonly settings: PolicyConfig;
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

export function initialPolicy(settings: PolicyConfig): PolicyState {
  return { budget: fullBudget(settings.retryBudget), breakers: {}, benchedUntilMs: {}, latencies: { stream: {}, whole: {} }, concurrency: {} };
}

/**
 * What one request does next. A wait that Retry-After asks for is done in place up to `backoff.maxMs` while another
 * deployment could answer (the price of a failover), and up to the request's deadline when none could. Meanwhile the
 * deployment is benched for all other requests. The new state applies in the same turn, so two requests cannot both
 * take the half-open probe.
 */
export function decide(state: PolicyState, view: PolicyView): readonly [Decision, PolicyState] {
  if (view.nowMs >= view.deadlineMs) return [{ kind: "stop", reason: "too_late" }, state];
  const last = view.tried.at(-1);
  return last === undefined ? decideFirst(state, view) : decideNext(state, view, last);
}

/** Records how an attempt ended: for the breaker, the bench, latencies and concurrency. */
export function observe(state: PolicyState, event: PolicyEvent): PolicyState {
  const { ticket, settings, nowMs } = event;
  const { deployment } = ticket;
  const result = resultOf(event.failure);
  const holdUntilMs = event.retryAfterMs === null || result !== "failure" ? 0 : nowMs + event.retryAfterMs;
  let next = releaseConcurrency(updateLatencies(state, event), event);
  if (holdUntilMs > (state.benchedUntilMs[deployment] ?? 0)) {
    next = { ...next, benchedUntilMs: { ...next.benchedUntilMs, [deployment]: holdUntilMs } };
  }
  if (settings.breaker === null) return next;
  const begun = event.startedMs === undefined ? {} : { startedMs: event.startedMs };
  const ended = { ticket, nowMs, holdUntilMs, commitReported: event.commitReported === true, ...begun, reason: String(event.failure), result };
  return withBreaker(next, deployment, recordResult(breakerOf(state, deployment), settings.breaker, ended));
}

/** Records that a stream has reached its commit point. Before its end that is evidence only for a probe. */
export function recordCommit(state: PolicyState, ticket: Ticket): PolicyState {
  return withBreaker(state, ticket.deployment, releaseProbeSlot(breakerOf(state, ticket.deployment), ticket));
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

function releaseConcurrency(state: PolicyState, { settings, ticket, failure, nowMs }: PolicyEvent): PolicyState {
  const before = state.concurrency[ticket.deployment];
  if (settings.concurrency === null || before === undefined) return state;
  return { ...state, concurrency: { ...state.concurrency, [ticket.deployment]: releaseSlot(before, settings.concurrency, { failure, nowMs }) } };
}

/** The breaker as it is at `nowMs`. */
export function breakerAt(state: PolicyState, deployment: string, nowMs: number): Breaker {
  return advance(breakerOf(state, deployment), nowMs);
}

/** When the first of these deployments can be asked again. Not after `nowMs` if one can be asked now. */
export function readyAtMs(state: PolicyState, deployments: readonly string[], nowMs: number): number {
  return Math.min(...deployments.map((deployment) => recoversAtMs(state, deployment, nowMs)));
}

function resultOf(failure: FailureKind | "cancelled" | null): BreakerResult {
  if (failure === null) return "success";
  return failure !== "cancelled" && failureClasses[failure].breaker ? "failure" : "neutral";
}

function decideFirst(state: PolicyState, view: PolicyView): readonly [Decision, PolicyState] {
  const earned = { ...state, budget: earn(state.budget, view.settings.retryBudget) };
  const route = view.settings.failover ? view.route : view.route.slice(0, 1);
  const willing = route.find((deployment) => isAvailable(state, view, deployment) && view.draw < shareAt(state, view, deployment));
  const available = willing ?? route.find((deployment) => isAvailable(state, view, deployment));
  if (available !== undefined) return send(earned, view, available, available === route[0] ? "first" : "passed_over");
  const [withRoom, ...others] = route.filter((deployment) => hasRoomAt(state, view, deployment));
  if (withRoom === undefined) return [{ kind: "stop", reason: "full" }, state];
  const soonest = others.reduce((best, deployment) =>
    recoversAtMs(state, deployment, view.nowMs) < recoversAtMs(state, best, view.nowMs) ? deployment : best,
    withRoom,
  );
  return send(earned, view, soonest, "forced");
}

function decideNext(state: PolicyState, view: PolicyView, last: Tried): readonly [Decision, PolicyState] {
  const { here, elsewhere } = failureClasses[last.failure];
  const { retry, failover } = view.settings;
  if (view.tried.some(({ failure }) => isFinal(failure))) return [{ kind: "stop", reason: "not_retryable" }, state];
  if (last.failure === "context_length") return decideLarger(state, view);
  if (view.tried.length >= retry.attemptsMax) return [{ kind: "stop", reason: "attempts" }, state];
  const next = failover && elsewhere ? firstUntried(state, view) : undefined;
  if (view.waitedFor !== null) return afterWait(state, view, view.waitedFor, next);

  const delayMs = here === "never" ? null : retryDelayMs(state, view, last);
  const costsLessThanFailover = here === "first" && (last.retryAfterMs ?? 0) <= retry.backoff.maxMs;
  const retryHere = delayMs !== null && (next === undefined || costsLessThanFailover);
  if (!retryHere && next === undefined) return [{ kind: "stop", reason: "nowhere_left" }, state];
  const budget = last.isClientDeadline === true ? spendSpare(state.budget, view.settings.retryBudget) : spend(state.budget);
  if (budget === null) return [{ kind: "stop", reason: "budget" }, state];
  const paid = { ...state, budget };
  if (retryHere) return [{ kind: "wait", deployment: last.deployment, delayMs }, paid];
  return send(paid, view, next!, "failover");
}

/** Whether no deployment can help. Of two attempts that ran at once, either may have failed so. */
function isFinal(failure: FailureKind): boolean {
  const { here, elsewhere } = failureClasses[failure];
  return here === "never" && !elsewhere && failure !== "context_length";
}

/**
 * A prompt that is too long is the caller's fault, unless a deployment of the route has a larger window. No deployment
 * is failing, so no budget is spent.
 */
function decideLarger(state: PolicyState, view: PolicyView): readonly [Decision, PolicyState] {
  const larger = firstUntried(state, view);
  if (larger === undefined || !view.settings.failover) return [{ kind: "stop", reason: "not_retryable" }, state];
  if (view.tried.length >= view.settings.retry.attemptsMax) return [{ kind: "stop", reason: "attempts" }, state];
  return send(state, view, larger, "failover");
}

/** Whether a deployment's window is larger than those of all for which this request's prompt was too long. */
function holdsLongerPrompt(view: PolicyView, deployment: string): boolean {
  const tokensOf = (name: string) => view.contextTokens?.[name] ?? 0;
  return view.tried.every(({ failure, deployment: refusing }) => failure !== "context_length" || (tokensOf(refusing) > 0 && tokensOf(deployment) > tokensOf(refusing)));
}

function afterWait(state: PolicyState, view: PolicyView, deployment: string, next: string | undefined): readonly [Decision, PolicyState] {
  /** Meanwhile other requests may have benched it for longer. */
  if (isAvailable(state, view, deployment)) return send(state, view, deployment, "retry");
  if (next !== undefined) return send(state, view, next, "failover");
  if (isPermitted(state, view, deployment)) return send(state, view, deployment, "retry");
  return [{ kind: "stop", reason: "nowhere_left" }, state];
}

/**
 * The wait before another attempt at the same deployment; null: no such attempt. Retry-After is a floor, and the jitter
 * is added to it.
 */
function retryDelayMs(state: PolicyState, view: PolicyView, last: Tried): number | null {
  const { retry } = view.settings;
  const triedHere = view.tried.filter((tried) => tried.deployment === last.deployment).length;
  if (triedHere >= retry.attemptsPerDeploymentMax || !holdsLongerPrompt(view, last.deployment) || !isPermitted(state, view, last.deployment)) return null;
  const jitterMs = fullJitterMs(retry.backoff, triedHere - 1, view.draw);
  const delayMs = last.retryAfterMs === null ? jitterMs : last.retryAfterMs + view.draw * retry.backoff.baseMs;
  return view.nowMs + delayMs < view.deadlineMs ? delayMs : null;
}

function firstUntried(state: PolicyState, view: PolicyView): string | undefined {
  const tried = new Set(view.tried.map(({ deployment }) => deployment));
  return view.route.find((deployment) => !tried.has(deployment) && holdsLongerPrompt(view, deployment) && isAvailable(state, view, deployment));
}

function send(state: PolicyState, view: PolicyView, deployment: string, reason: SendReason): readonly [Decision, PolicyState] {
  const [ticket, next] = issueTicket(state, view, deployment);
  return [{ kind: "send", ticket, reason }, next];
}

/** The ticket for an attempt at `deployment`, whether its breaker permits it or not. */
export function issueTicket(before: PolicyState, view: PolicyMoment, deployment: string): readonly [Ticket, PolicyState] {
  const { breaker, concurrency } = view.settings;
  const state = concurrency === null ? before : { ...before, concurrency: { ...before.concurrency, [deployment]: occupySlot(concurrencyOf(before, concurrency, deployment)) } };
  if (breaker === null) return [{ deployment, generation: 0, probe: false }, state];
  const [ticket, next] = admit(breakerAt(state, deployment, view.nowMs), breaker, deployment);
  return [ticket, withBreaker(state, deployment, recordStart(next, breaker, view.nowMs))];
}

/** Neither benched nor refused by its breaker or its concurrency limit. */
export function isAvailable(state: PolicyState, view: PolicyMoment, deployment: string): boolean {
  return (state.benchedUntilMs[deployment] ?? 0) <= view.nowMs && isPermitted(state, view, deployment);
}

/** The share of requests that a ramp admits. */
function shareAt(state: PolicyState, { settings: { breaker }, nowMs }: PolicyMoment, deployment: string): number {
  return breaker?.rampMs === undefined ? 1 : rampShare(breakerAt(state, deployment, nowMs), breaker, nowMs);
}

function isPermitted(state: PolicyState, view: PolicyMoment, deployment: string): boolean {
  const { breaker } = view.settings;
  if (!hasRoomAt(state, view, deployment)) return false;
  return breaker === null || permits(breakerAt(state, deployment, view.nowMs), breaker);
}

function hasRoomAt(state: PolicyState, { settings: { concurrency } }: PolicyMoment, deployment: string): boolean {
  return concurrency === null || hasRoom(concurrencyOf(state, concurrency, deployment));
}

function concurrencyOf(state: PolicyState, settings: ConcurrencyConfig, deployment: string): Concurrency {
  return state.concurrency[deployment] ?? initialConcurrency(settings);
}

/** When a deployment can be asked again. A half-open breaker counts as recovering now, even with all probes out. */
function recoversAtMs(state: PolicyState, deployment: string, nowMs: number): number {
  const breaker = breakerAt(state, deployment, nowMs);
  return Math.max(nowMs, state.benchedUntilMs[deployment] ?? 0, breaker.kind === "open" ? breaker.untilMs : 0);
}

function breakerOf(state: PolicyState, deployment: string): Breaker {
  return state.breakers[deployment] ?? closedBreaker;
}

function withBreaker(state: PolicyState, deployment: string, breaker: Breaker): PolicyState {
  return state.breakers[deployment] === breaker ? state : { ...state, breakers: { ...state.breakers, [deployment]: breaker } };
}
