import type { ConcurrencyConfig } from "../config.ts";
import { admit, permits, rampShare, recordPass, recordStart, type Ticket } from "./breaker.ts";
import { type Concurrency, hasRoom, initialConcurrency, occupySlot } from "./concurrency.ts";
import { ASK_INTERVAL_MS, hasSucceededLately, healthOf, isDue, isProviderBad, isProviderDue, recordAsked } from "./health.ts";
import { breakerAt, type PolicyMoment, type PolicyState, siteOf, withBreaker } from "./policy-state.ts";

/**
 * Whether a request may be sent there by choice: not isolated, not benched, not refused by its breaker or its
 * concurrency limit, and, where its provider is bad, the next to see whether that is back.
 */
export function isAvailable(state: PolicyState, moment: PolicyMoment, deployment: string): boolean {
  if (isBenched(state, moment, deployment) || !isPermitted(state, moment, deployment)) return false;
  if (!isOfBadProvider(state, moment, deployment)) return true;
  const intervalMs = Math.min(ASK_INTERVAL_MS, moment.settings.breaker?.cooldownMs ?? ASK_INTERVAL_MS);
  return isProviderDue(state.health, siteOf(moment.providers, deployment), { nowMs: moment.nowMs, intervalMs });
}

/** Whether it has room and nothing is known against it: what a request that failed elsewhere may turn to freely. */
export function isGood(state: PolicyState, moment: PolicyMoment, deployment: string): boolean {
  return hasRoomAt(state, moment, deployment) && !isKnownBad(state, moment, deployment);
}

/** Whether its breaker is not closed, it is benched or isolated, or its provider is bad. */
export function isKnownBad(state: PolicyState, moment: PolicyMoment, deployment: string): boolean {
  if (state.isolated.has(deployment) || isBenched(state, moment, deployment)) return true;
  if (moment.settings.breaker === null) return false;
  return breakerAt(state, deployment, moment.nowMs).kind !== "closed" || isOfBadProvider(state, moment, deployment);
}

/** Whether a request that failed there may try again there. A bench is waited out. */
export function isWorthRetrying(state: PolicyState, moment: PolicyMoment, deployment: string): boolean {
  if (!isPermitted(state, moment, deployment)) return false;
  return moment.settings.breaker === null || (breakerAt(state, deployment, moment.nowMs).kind === "closed" && !isOfBadProvider(state, moment, deployment));
}

export function isBenched(state: PolicyState, { nowMs }: PolicyMoment, deployment: string): boolean {
  return (state.benchedUntilMs[deployment] ?? 0) > nowMs;
}

/** Whether its provider is bad, as its other deployments show. Without a breaker no failure is remembered. */
export function isOfBadProvider(state: PolicyState, { settings, nowMs, providers }: PolicyMoment, deployment: string): boolean {
  if (settings.breaker === null) return false;
  return isProviderBad(state.health, siteOf(providers, deployment), { nowMs, isOpen: (name) => breakerAt(state, name, nowMs).kind !== "closed" });
}

/** The share of requests that a ramp admits. */
export function shareAt(state: PolicyState, { settings: { breaker }, nowMs }: PolicyMoment, deployment: string): number {
  return breaker?.rampMs === undefined ? 1 : rampShare(breakerAt(state, deployment, nowMs), breaker, nowMs);
}

function isPermitted(state: PolicyState, moment: PolicyMoment, deployment: string): boolean {
  const { breaker } = moment.settings;
  if (state.isolated.has(deployment) || !hasRoomAt(state, moment, deployment)) return false;
  return breaker === null || permits(breakerAt(state, deployment, moment.nowMs), breaker);
}

export function hasRoomAt(state: PolicyState, { settings: { concurrency } }: PolicyMoment, deployment: string): boolean {
  return concurrency === null || hasRoom(concurrencyOf(state, concurrency, deployment));
}

function concurrencyOf(state: PolicyState, settings: ConcurrencyConfig, deployment: string): Concurrency {
  return state.concurrency[deployment] ?? initialConcurrency(settings);
}

/** When a deployment can be asked again. A half-open breaker counts as recovering now, even with all probes out. */
export function recoversAtMs(state: PolicyState, deployment: string, nowMs: number): number {
  const breaker = breakerAt(state, deployment, nowMs);
  return Math.max(nowMs, state.benchedUntilMs[deployment] ?? 0, breaker.kind === "open" ? breaker.untilMs : 0);
}

/** When the first of these deployments can be asked again. Not after `nowMs` if one can be asked now. */
export function readyAtMs(state: PolicyState, deployments: readonly string[], nowMs: number): number {
  return Math.min(...deployments.map((deployment) => recoversAtMs(state, deployment, nowMs)));
}

/**
 * Of deployments that are all known to be bad, the one to ask: the one that succeeded last, as long as anything of
 * the route has succeeded lately, so that the world may just have turned. Any other, one that asked not to be called,
 * and in a long outage any, not more often than every `ASK_INTERVAL_MS`. Undefined: none is due.
 */
export function lastResortAmong(state: PolicyState, moment: PolicyMoment & { readonly route: readonly string[] }, deployments: readonly string[]): string | undefined {
  const turning = isTurning(state, moment);
  return byHope(state, moment, deployments).find(
    (deployment, rank) =>
      (rank === 0 && turning && !isBenched(state, moment, deployment)) || isDue(state.health, siteOf(moment.providers, deployment), moment.nowMs),
  );
}

/** Whether anything of the route has succeeded lately, so that the others may recover at any time. */
export function isTurning(state: PolicyState, { route, providers, nowMs }: PolicyMoment & { readonly route: readonly string[] }): boolean {
  return route.some((deployment) => hasSucceededLately(state.health, siteOf(providers, deployment), nowMs));
}

/** The most recent success first. Without any, the one that can be asked again first. */
export function byHope(state: PolicyState, { nowMs, providers }: PolicyMoment, deployments: readonly string[]): readonly string[] {
  const succeededMs = (deployment: string) => healthOf(state.health, siteOf(providers, deployment)).lastSuccessMs;
  return deployments.toSorted((a, b) => {
    const [one, other] = [succeededMs(a), succeededMs(b)];
    return one === other ? recoversAtMs(state, a, nowMs) - recoversAtMs(state, b, nowMs) : other - one;
  });
}

/** Records that a request went past these deployments by choice. */
export function withPasses(state: PolicyState, { nowMs, settings }: PolicyMoment, deployments: readonly string[]): PolicyState {
  if (settings.breaker === null) return state;
  return deployments.reduce((before, deployment) => withBreaker(before, deployment, recordPass(breakerAt(before, deployment, nowMs))), state);
}

/** The ticket for an attempt at `deployment`, whether its breaker permits it or not. */
export function issueTicket(before: PolicyState, moment: PolicyMoment, deployment: string): readonly [Ticket, PolicyState] {
  const { settings: { breaker, concurrency }, nowMs, providers } = moment;
  const isBad = isKnownBad(before, moment, deployment);
  const health = recordAsked(before.health, siteOf(providers, deployment), { nowMs, always: isBad });
  const state = {
    ...before,
    health,
    ...(concurrency !== null && { concurrency: { ...before.concurrency, [deployment]: occupySlot(concurrencyOf(before, concurrency, deployment)) } }),
  };
  const mark = isBad ? { isKnownBad: true } : {};
  if (breaker === null) return [{ deployment, generation: 0, probe: false, ...mark }, state];
  const [ticket, next] = admit(breakerAt(state, deployment, nowMs), breaker, deployment);
  return [{ ...ticket, ...mark }, withBreaker(state, deployment, recordStart(next, breaker, nowMs))];
}
