import type { Clock, EventSink, Rng } from "../../kernel/seams.ts";
import type { GatewayState } from "./contracts.ts";
import type { GatewayEvent } from "./events.ts";
import type { PolicyConfig, RouteConfig } from "./config.ts";
import { type AnswerKind, balanced } from "./policies/balance.ts";
import { type Breaker, closedBreaker, rampShare, type Ticket } from "./policies/breaker.ts";
import { withoutDeployments } from "./policies/redefined-deployments.ts";
import { hasAmpleRoom, isCalm } from "./policies/concurrency.ts";
import { decideHedge, type HedgeView } from "./policies/hedge.ts";
import { isOfBadProvider, readyAtMs } from "./policies/availability.ts";
import { tokensAt } from "./policies/last-resort.ts";
import { isCommitEvidence, recordCommit } from "./policies/observe.ts";
import { decide, type Decision, initialPolicy, observe, type PolicyEvent, type PolicyState, type PolicyView } from "./policies/policy.ts";
import { breakerAt, type PolicyMoment, withIsolation } from "./policies/policy-state.ts";
import { decideRescue, type RescueDecision, type RescueView } from "./policies/rescue.ts";

/**
 * Holds the policy's state for one data-plane process, and applies each decision in the turn in which it is made. A
 * change of a breaker is emitted as `state_changed`. One that only time has half-opened is emitted at the next
 * decision.
 */
export class PolicyHost {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #events: EventSink<GatewayEvent>;
  #state: PolicyState;

  constructor(seams: { clock: Clock; rng: Rng; events: EventSink<GatewayEvent> }, settings: PolicyConfig) {
    this.#clock = seams.clock;
    this.#rng = seams.rng;
    this.#events = seams.events;
    this.#state = initialPolicy(settings);
  }

  decide(view: Omit<PolicyView, "nowMs" | "draw">): Decision {
    const [decision, next] = decide(this.#state, { ...view, nowMs: this.#clock.nowMs(), draw: this.#rng.next() });
    this.#replaceState(next);
    return decision;
  }

  /** The route in the order in which one request tries it. */
  orderRoute(route: RouteConfig, settings: PolicyConfig, kind: AnswerKind): readonly string[] {
    if (settings.balance === null || route.weights === undefined) return route.deployments;
    return balanced(route.deployments, route.weights, this.#state.latencies[kind], this.#rng.next());
  }

  /** The ticket for an attempt beside one that is slow; null: none. */
  hedge(view: Omit<HedgeView, "nowMs">): Ticket | null {
    const [ticket, next] = decideHedge(this.#state, { ...view, nowMs: this.#clock.nowMs() });
    this.#replaceState(next);
    return ticket;
  }

  /** Who is asked for the rest of a broken stream. */
  rescue(view: Omit<RescueView, "nowMs">): RescueDecision {
    const [decision, next] = decideRescue(this.#state, { ...view, nowMs: this.#clock.nowMs() });
    this.#replaceState(next);
    return decision;
  }

  /** What to call when a ticket's stream has reached its commit point. Undefined: it is no evidence before its end. */
  onCommitted(ticket: Ticket, moment: Omit<PolicyMoment, "nowMs">): ((latencyMs: number) => void) | undefined {
    const { concurrency } = moment.settings;
    if (!isCommitEvidence(ticket, moment.settings)) return undefined;
    const before = this.#state.concurrency[ticket.deployment];
    const sentCalm = concurrency !== null && before !== undefined && isCalm(before, concurrency);
    return (latencyMs) => this.#replaceState(recordCommit(this.#state, { ...moment, latencyMs, sentCalm, nowMs: this.#clock.nowMs() }, ticket));
  }

  observe(event: Omit<PolicyEvent, "nowMs">): void {
    this.#replaceState(observe(this.#state, { ...event, nowMs: this.#clock.nowMs() }));
  }

  /** Drops what was learned about these deployments: they were redefined or removed. */
  forgetDeployments(deployments: ReadonlySet<string>): void {
    const before = this.#state;
    this.#state = withoutDeployments(before, deployments);
    for (const deployment of deployments) {
      const { kind } = before.breakers[deployment] ?? closedBreaker;
      if (kind !== "closed") this.#emitBreakerChange(deployment, { from: kind, to: "closed", reason: "Its deployment has changed" });
    }
  }

  /** Takes a deployment out, or gives it back. */
  setIsolated(deployment: string, isIsolated: boolean): void {
    this.#state = withIsolation(this.#state, deployment, isIsolated);
  }

  /** Whether every deployment that is limited has room for work that nobody waits for. */
  hasAmpleRoom(): boolean {
    return Object.values(this.#state.concurrency).every((state) => state === undefined || hasAmpleRoom(state));
  }

  /** How long until one of the deployments can be asked again, ms; 0 when one can be now. */
  readyInMs(deployments: readonly string[]): number {
    const nowMs = this.#clock.nowMs();
    return readyAtMs(this.#state, deployments, nowMs) - nowMs;
  }

  snapshot(providers: Readonly<Record<string, string>>, settings: PolicyConfig): Omit<GatewayState, "inFlight"> {
    const { budget, lastResort, benchedUntilMs, concurrency, isolated } = this.#state;
    const deployments = Object.keys(providers);
    const nowMs = this.#clock.nowMs();
    const ofBadProvider = deployments.filter((deployment) => isOfBadProvider(this.#state, { nowMs, settings, providers }, deployment));
    const breakers = deployments.map((deployment) => {
      const breaker = breakerAt(this.#state, deployment, nowMs);
      if (breaker.kind === "closed") {
        const ramp = settings.breaker === null ? 1 : rampShare(breaker, settings.breaker, nowMs);
        return { deployment, state: breaker.kind, reason: "", untilMs: null, ...(ramp < 1 && { ramp }) };
      }
      return { deployment, state: breaker.kind, reason: breaker.reason, untilMs: breaker.kind === "open" ? breaker.untilMs : null };
    });
    const benched = deployments.flatMap((deployment) => {
      const untilMs = benchedUntilMs[deployment] ?? 0;
      return untilMs > nowMs ? [{ deployment, untilMs }] : [];
    });
    const limited = deployments.flatMap((deployment) => {
      const { limit, waiting } = concurrency[deployment] ?? {};
      return limit === undefined || waiting === undefined ? [] : [{ deployment, limit: Math.floor(limit), waiting }];
    });
    return {
      retryBudgetTokens: budget.tokens,
      lastResortTokens: tokensAt(lastResort, nowMs),
      breakers,
      benched,
      ofBadProvider,
      isolated: deployments.filter((deployment) => isolated.has(deployment)),
      ...(settings.concurrency !== null && { concurrency: limited }),
    };
  }

  #replaceState(next: PolicyState): void {
    const before = this.#state;
    this.#state = next;
    if (next.breakers === before.breakers) return;
    for (const [deployment, breaker] of Object.entries(next.breakers)) {
      const { kind: from, generation } = before.breakers[deployment] ?? closedBreaker;
      if (generation === breaker.generation) continue;
      this.#emitBreakerChange(deployment, { from, to: breaker.kind, reason: reasonOf(breaker) });
    }
  }

  #emitBreakerChange(deployment: string, change: { from: Breaker["kind"]; to: Breaker["kind"]; reason: string }): void {
    this.#events.emit({ type: "state_changed", deployment, ...change, atMs: this.#clock.nowMs() });
  }
}

function reasonOf(breaker: Breaker): string {
  switch (breaker.kind) {
    case "open":
      return breaker.reason;
    case "half_open":
      return "Cooldown has passed";
    case "closed":
      return "Probes succeeded";
  }
}
