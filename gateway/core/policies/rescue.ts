import type { FailureKind } from "../../../kernel/outcome.ts";
import { hasRoomAt, isBenched, isGood, isWorthRetrying, issueTicket, lastResortAmong } from "./availability.ts";
import type { Ticket } from "./breaker.ts";
import { spend, spendSpare } from "./budget.ts";
import { failureClasses, isAboutRequest } from "./failures.ts";
import { spendLastResort } from "./last-resort.ts";
import type { PolicyMoment, PolicyState } from "./policy-state.ts";

/**
 * How the rest of a broken stream is requested. `continue` asks for the rest, with what was delivered as a prefix.
 * `replay` asks for the whole answer again and drops what the client has.
 */
export type RescueMode = "continue" | "replay";

/** An attempt of this rescue that failed. `disagreed`: the replay was another answer. */
export interface RescueTried {
  readonly deployment: string;
  readonly mode: RescueMode;
  readonly failure: FailureKind | "disagreed";
}

/** One broken stream's view: all that a decision may depend on besides the state. */
export interface RescueView extends PolicyMoment {
  readonly route: readonly string[];
  /** When the whole request's time is up (`nowMs` timeline); `Infinity`: never. */
  readonly deadlineMs: number;
  /** Deployments of the route that can continue a prefix. */
  readonly continuing: readonly string[];
  /** The leg that broke last. */
  readonly broken: { readonly deployment: string; readonly failure: FailureKind; readonly isClientDeadline?: boolean };
  /** Deployments that failed this request before any content came. */
  readonly failedBefore: readonly string[];
  /** Attempts since new content was last delivered, in order. */
  readonly tried: readonly RescueTried[];
  /** Attempts of all rescues of this request. */
  readonly attempts: number;
}

export type RescueDecision =
  | { readonly kind: "send"; readonly ticket: Ticket; readonly mode: RescueMode }
  | { readonly kind: "stop"; readonly reason: "off" | "not_rescuable" | "too_late" | "attempts" | "nowhere_left" | "budget" };

interface Candidate {
  readonly deployment: string;
  readonly mode: RescueMode;
}

/**
 * Chooses who is asked for the rest of a broken stream, without delay, because a client is waiting. Continuing comes
 * before replay, another deployment before the one that broke, and deployments that failed this request before come
 * last. A continuing deployment that refused the prefix as the caller's fault may still replay. Where only deployments
 * are left that are known to be bad, one of them is asked as a last resort.
 */
export function decideRescue(state: PolicyState, view: RescueView): readonly [RescueDecision, PolicyState] {
  const { rescue } = view.settings;
  const stop = (reason: Extract<RescueDecision, { kind: "stop" }>["reason"]) => [{ kind: "stop", reason }, state] as const;
  if (rescue === null) return stop("off");
  const { here, elsewhere } = failureClasses[view.broken.failure];
  if (here === "never" && !elsewhere) return stop("not_rescuable");
  if (view.nowMs >= view.deadlineMs) return stop("too_late");
  if (view.attempts >= rescue.attemptsMax) return stop("attempts");
  const candidates = candidatesOf(view).sort((a, b) => rankOf(view, a) - rankOf(view, b));
  const candidate = candidates.find(({ deployment }) => isFit(state, view, deployment)) ?? lastResortOf(state, view, candidates);
  if (candidate === undefined) return stop("nowhere_left");
  const paid = withPaid(state, view, candidate.deployment);
  if (paid === null) return stop("budget");
  const [ticket, next] = issueTicket(paid, view, candidate.deployment);
  return [{ kind: "send", ticket, mode: candidate.mode }, next];
}

/** The one that broke was good until then, and other requests may since have shown that it is not. */
function isFit(state: PolicyState, view: RescueView, deployment: string): boolean {
  if (deployment !== view.broken.deployment) return isGood(state, view, deployment);
  return isWorthRetrying(state, view, deployment) && !isBenched(state, view, deployment);
}

function lastResortOf(state: PolicyState, view: RescueView, candidates: readonly Candidate[]): Candidate | undefined {
  const left = candidates.filter(({ deployment }) => deployment !== view.broken.deployment && hasRoomAt(state, view, deployment) && !state.isolated.has(deployment));
  const deployment = lastResortAmong(state, view, [...new Set(left.map((candidate) => candidate.deployment))]);
  return left.find((candidate) => candidate.deployment === deployment);
}

/**
 * As for a request before its commit point: another deployment that is not known to be bad costs nothing, the one that
 * broke a token of the retry budget, and one that is known to be bad a token of the last resort. Null: there is none.
 */
function withPaid(state: PolicyState, view: RescueView, deployment: string): PolicyState | null {
  const { broken, settings: { retryBudget, breaker } } = view;
  const isImpatient = broken.isClientDeadline === true;
  if (!isFit(state, view, deployment)) {
    const lastResort = isImpatient ? null : spendLastResort(state.lastResort, view.nowMs);
    return lastResort === null ? null : { ...state, lastResort };
  }
  if (deployment !== broken.deployment && !isImpatient && breaker !== null) return state;
  const budget = isImpatient ? spendSpare(state.budget, retryBudget) : spend(state.budget);
  return budget === null ? null : { ...state, budget };
}

function candidatesOf(view: RescueView): Candidate[] {
  const { here, elsewhere } = failureClasses[view.broken.failure];
  const deployments = view.route.filter((deployment) => {
    if (deployment === view.broken.deployment) return here !== "never";
    return elsewhere && view.settings.failover;
  });
  return deployments.flatMap((deployment) => modesOf(view, deployment).map((mode) => ({ deployment, mode })));
}

/** What may still be tried at one deployment: nothing twice, and nothing more after a failure of its own. */
function modesOf(view: RescueView, deployment: string): readonly RescueMode[] {
  const tried = view.tried.filter((attempt) => attempt.deployment === deployment);
  const continues = view.continuing.includes(deployment);
  if (tried.length === 0) return [continues ? "continue" : "replay"];
  const refusedPrefix = tried.every(({ mode, failure }) => mode === "continue" && failure !== "disagreed" && isAboutRequest(failure));
  return refusedPrefix ? ["replay"] : [];
}

function rankOf(view: RescueView, { deployment, mode }: Candidate): number {
  const failed = view.failedBefore.includes(deployment) ? 4 : 0;
  return failed + (mode === "continue" ? 0 : 2) + (deployment === view.broken.deployment ? 1 : 0);
}
