import type { FailureKind } from "../../../kernel/outcome.ts";
import { byHope, hasRoomAt, isAvailable, isBenched, isGood, isTurning, isWorthRetrying, issueTicket, lastResortAmong, shareAt, withPasses } from "./availability.ts";
import { fullJitterMs } from "./backoff.ts";
import type { Ticket } from "./breaker.ts";
import { earn, spend, spendSpare } from "./budget.ts";
import { failureClasses } from "./failures.ts";
import { earnLastResort, spendLastResort } from "./last-resort.ts";
import type { PolicyMoment, PolicyState } from "./policy-state.ts";

export { observe, type PolicyEvent } from "./observe.ts";
export { initialPolicy, type PolicyState } from "./policy-state.ts";

/** An attempt of this request that failed before the commit point. */
export interface Tried {
  readonly deployment: string;
  readonly failure: FailureKind;
  readonly retryAfterMs: number | null;
  /** The client's own deadline ended it. Absent: no. */
  readonly isClientDeadline?: boolean;
  /** The deployment asked not to be sent this request again. Absent: no. */
  readonly forbidsRetry?: boolean;
}

/** One request's view: all that a decision may depend on besides the state. */
export interface PolicyView extends PolicyMoment {
  /** Uniform in [0, 1). */
  readonly draw: number;
  /** Deployments in order of preference, at least one. */
  readonly route: readonly string[];
  /** Until when an attempt may begin (`nowMs` timeline). */
  readonly deadlineMs: number;
  readonly tried: readonly Tried[];
  /** The deployment for which this request has just waited. A retry's token is paid. */
  readonly waitedFor: string | null;
  /** Context windows, in tokens, of the deployments whose config gives them. */
  readonly contextTokens?: Readonly<Record<string, number>>;
}

export type SendReason =
  | "first"
  /** A first attempt that passes over deployments which are bad, full or ramping up. Spends nothing. */
  | "passed_over"
  | "retry"
  | "failover"
  /** A further attempt at a deployment that is known to be bad. Paid from a bucket of its own. */
  | "last_resort"
  /**
   * No deployment is available: the one that succeeded last is asked instead of failing without an attempt (cf. Envoy's
   * panic threshold).
   */
  | "forced";

export type Decision =
  | { readonly kind: "send"; readonly ticket: Ticket; readonly reason: SendReason }
  | { readonly kind: "wait"; readonly deployment: string; readonly delayMs: number }
  | { readonly kind: "stop"; readonly reason: "not_retryable" | "attempts" | "budget" | "nowhere_left" | "full" | "isolated" | "too_late" };

type Decided = readonly [Decision, PolicyState];

/**
 * What one request does next. A wait that Retry-After asks for is done in place up to `backoff.maxMs` while another
 * deployment could answer (the price of a failover), and up to the request's deadline when none could. Meanwhile the
 * deployment is benched for all other requests. The new state applies in the same turn, so two requests cannot both
 * take the half-open probe.
 */
export function decide(state: PolicyState, view: PolicyView): Decided {
  if (view.nowMs >= view.deadlineMs) return stop(state, "too_late");
  return view.tried.length === 0 ? decideFirst(state, view) : decideNext(state, view);
}

function decideFirst(state: PolicyState, view: PolicyView): Decided {
  const earned = { ...state, budget: earn(state.budget, view.settings.retryBudget), lastResort: earnLastResort(state.lastResort) };
  const route = reachable(view).filter((deployment) => !state.isolated.has(deployment));
  if (route.length === 0) return stop(state, "isolated");
  const willing = route.find((deployment) => isAvailable(state, view, deployment) && view.draw < shareAt(state, view, deployment));
  const available = willing ?? route.find((deployment) => isAvailable(state, view, deployment));
  if (available !== undefined && available === view.route[0]) return send(earned, view, available, "first");
  if (available !== undefined) return send(withPasses(earned, view, route.slice(0, route.indexOf(available))), view, available, "passed_over");
  const withRoom = route.filter((deployment) => hasRoomAt(state, view, deployment));
  if (withRoom.length === 0) return stop(state, "full");
  return send(earned, view, lastResortAmong(state, view, withRoom) ?? byHope(state, view, withRoom)[0]!, "forced");
}

function decideNext(state: PolicyState, view: PolicyView): Decided {
  const { retry } = view.settings;
  if (view.tried.some((tried) => isFinal(view, tried))) return stop(state, "not_retryable");
  if (view.tried.length >= retry.attemptsMax) return stop(state, "attempts");
  const last = view.tried.findLast((tried) => !isOwnRefusal(view, tried));
  if (last === undefined || last.failure === "context_length") return decideWithoutFault(state, view);
  const { elsewhere } = failureClasses[last.failure];
  const here = last.forbidsRetry === true ? "never" : failureClasses[last.failure].here;
  const next = elsewhere ? firstUntried(state, view) : undefined;
  if (view.waitedFor !== null) return afterWait(state, view, view.waitedFor, next);

  const delayMs = here === "never" ? null : retryDelayMs(state, view, last);
  /** The last attempt goes where nothing bad is known: of three keys, two that refuse must not use up all attempts. */
  const isLast = view.tried.length + 1 === retry.attemptsMax;
  const costsLessThanFailover = here === "first" && !isLast && (last.retryAfterMs ?? 0) <= retry.backoff.maxMs;
  if (delayMs !== null && (next === undefined || costsLessThanFailover)) {
    const paid = withRetryPaid(state, view, last);
    if (paid !== null) return [{ kind: "wait", deployment: last.deployment, delayMs }, paid];
  }
  if (next !== undefined) return failOver(state, view, next);
  const otherwise = delayMs === null ? "nowhere_left" : "budget";
  return elsewhere ? decideLastResort(state, view, otherwise) : stop(state, otherwise);
}

/**
 * Failing over to a deployment that nothing is known against spends nothing: budgets are there to spare the sick. Two
 * cases pay as a retry does. A client's own deadline is no sign of a sick deployment, so that one impatient client
 * would double the load of all. And without a breaker nothing is ever known.
 */
function failOver(state: PolicyState, view: PolicyView, next: string): Decided {
  const last = view.tried.at(-1)!;
  const isFree = view.settings.breaker !== null && last.isClientDeadline !== true;
  const paid = isFree ? state : withRetryPaid(state, view, last);
  return paid === null ? stop(state, "budget") : send(paid, view, next, "failover");
}

/** Null: there is no token. */
function withRetryPaid(state: PolicyState, { settings: { retryBudget } }: PolicyView, last: Tried): PolicyState | null {
  const budget = last.isClientDeadline === true ? spendSpare(state.budget, retryBudget) : spend(state.budget);
  return budget === null ? null : { ...state, budget };
}

/**
 * All that has not been tried is known to be bad, and one of it is asked all the same. Where nothing pays for that, the
 * request waits once for a change: others may be asking the same deployment just now, and their success makes it free.
 */
function decideLastResort(state: PolicyState, view: PolicyView, otherwise: "nowhere_left" | "budget" = "nowhere_left"): Decided {
  const left = untried(view).filter((deployment) => hasRoomAt(state, view, deployment) && !state.isolated.has(deployment));
  const next = lastResortAmong(state, view, left);
  if (next === undefined) return stop(state, otherwise);
  if (view.tried.at(-1)!.isClientDeadline === true) return stop(state, "budget");
  const lastResort = spendLastResort(state.lastResort, view.nowMs);
  if (lastResort !== null) return send({ ...state, lastResort }, view, next, "last_resort");
  const delayMs = CHANGE_MS * (0.5 + view.draw);
  const isWorthWaiting = view.waitedFor === null && isTurning(state, view) && view.nowMs + delayMs < view.deadlineMs;
  return isWorthWaiting ? [{ kind: "wait", deployment: next, delayMs }, state] : stop(state, "budget");
}

/** About how long a request waits for a change. */
const CHANGE_MS = 500;

/** Whether no deployment can help. Of two attempts that ran at once, either may have failed so. */
function isFinal(view: PolicyView, tried: Tried): boolean {
  const { here, elsewhere } = failureClasses[tried.failure];
  return here === "never" && !elsewhere && tried.failure !== "context_length" && !isOwnRefusal(view, tried);
}

/**
 * Whether a fallback refused the request that the gateway made of the client's: it may lack a parameter, or room. That
 * is about this deployment and this request, so the others are asked. What the route's first deployment refuses is the
 * client's own mistake, and what a filter refuses is asked of nobody else.
 */
export function isOwnRefusal({ route }: Pick<PolicyView, "route">, { deployment, failure }: Pick<Tried, "deployment" | "failure">): boolean {
  return deployment !== route[0] && (failure === "bad_request" || failure === "context_length");
}

/**
 * All attempts were refused and none failed: a prompt was too long for the first deployment, or fallbacks that were
 * asked in its place refused. No deployment is failing, so no retry budget is spent.
 */
function decideWithoutFault(state: PolicyState, view: PolicyView): Decided {
  if (untried(view).length === 0) return stop(state, "not_retryable");
  const next = firstUntried(state, view);
  return next === undefined ? decideLastResort(state, view) : send(state, view, next, "failover");
}

/**
 * Whether a deployment may have room for the prompt: its window is larger than those for which it was too long. Where a
 * fallback refused, an unknown window is tried as well.
 */
function holdsLongerPrompt(view: PolicyView, deployment: string): boolean {
  const tokensOf = (name: string) => view.contextTokens?.[name] ?? 0;
  return view.tried.every((tried) => {
    if (tried.failure !== "context_length") return true;
    const [refusing, asked] = [tokensOf(tried.deployment), tokensOf(deployment)];
    const isUnknown = refusing === 0 || asked === 0;
    return isUnknown ? isOwnRefusal(view, tried) && deployment !== tried.deployment : asked > refusing;
  });
}

function afterWait(state: PolicyState, view: PolicyView, deployment: string, next: string | undefined): Decided {
  const isPermitted = isWorthRetrying(state, view, deployment);
  const reason = view.tried.some((tried) => tried.deployment === deployment) ? "retry" : "failover";
  /** Meanwhile other requests may have benched it for longer. */
  if (isPermitted && !isBenched(state, view, deployment)) return send(state, view, deployment, reason);
  if (next !== undefined) return send(state, view, next, "failover");
  return isPermitted && reason === "retry" ? send(state, view, deployment, reason) : decideLastResort(state, view);
}

/**
 * The wait before another attempt at the same deployment; null: no such attempt. Retry-After is a floor, and the jitter
 * is added to it.
 */
function retryDelayMs(state: PolicyState, view: PolicyView, last: Tried): number | null {
  const { retry } = view.settings;
  const triedHere = view.tried.filter((tried) => tried.deployment === last.deployment).length;
  if (triedHere >= retry.attemptsPerDeploymentMax || !holdsLongerPrompt(view, last.deployment) || !isWorthRetrying(state, view, last.deployment)) return null;
  const jitterMs = fullJitterMs(retry.backoff, triedHere - 1, view.draw);
  const delayMs = last.retryAfterMs === null ? jitterMs : last.retryAfterMs + view.draw * retry.backoff.baseMs;
  return view.nowMs + delayMs < view.deadlineMs ? delayMs : null;
}

/** The first that has not been tried and of which nothing bad is known. */
function firstUntried(state: PolicyState, view: PolicyView): string | undefined {
  return untried(view).find((deployment) => isGood(state, view, deployment));
}

function untried(view: PolicyView): readonly string[] {
  const tried = new Set(view.tried.map(({ deployment }) => deployment));
  return reachable(view).filter((deployment) => !tried.has(deployment) && holdsLongerPrompt(view, deployment));
}

/** The deployments of the route that a request may be sent to. */
function reachable({ route, settings }: PolicyView): readonly string[] {
  return settings.failover ? route : route.slice(0, 1);
}

function send(state: PolicyState, view: PolicyView, deployment: string, reason: SendReason): Decided {
  const [ticket, next] = issueTicket(state, view, deployment);
  return [{ kind: "send", ticket, reason }, next];
}

function stop(state: PolicyState, reason: Extract<Decision, { kind: "stop" }>["reason"]): Decided {
  return [{ kind: "stop", reason }, state];
}
