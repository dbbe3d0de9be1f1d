import { isGood, issueTicket } from "./availability.ts";
import type { Ticket } from "./breaker.ts";
import { spendSpare } from "./budget.ts";
import type { PolicyMoment, PolicyState } from "./policy-state.ts";

/** One request's view when its attempt has been silent for the hedge's delay. */
export interface HedgeView extends PolicyMoment {
  readonly route: readonly string[];
  /**
   * The deployments that this request has asked, once for each attempt: those that failed, and the one that it waits
   * for.
   */
  readonly asked: readonly string[];
}

/**
 * A second attempt beside one that is slow, at the next deployment that has not been asked: the first to answer wins
 * (Dean and Barroso, "The tail at scale", 2013). It spends a token of the retry budget, so that a provider that is slow
 * for everybody does not get twice the load, and only of the budget's top tenth, so that failovers find tokens when a
 * provider goes down. Null: no hedge.
 */
export function decideHedge(state: PolicyState, view: HedgeView): readonly [Ticket | null, PolicyState] {
  const { hedge, failover, retry } = view.settings;
  if (hedge === null || !failover || view.asked.length >= retry.attemptsMax) return [null, state];
  const next = view.route.find((deployment) => !view.asked.includes(deployment) && isGood(state, view, deployment));
  const budget = spendSpare(state.budget, view.settings.retryBudget);
  if (next === undefined || budget === null) return [null, state];
  return issueTicket({ ...state, budget }, view, next);
}
