import type { Attributes, Meter } from "@opentelemetry/api";
import { accountMetricNames, alarmMetricNames, metricNames } from "../../../kernel/metric-names.ts";
import type { GatewayState } from "../../core/contracts.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { KnownNames } from "./known-names.ts";
import { AccountMetrics } from "./account-metrics.ts";
import { AnswerMetrics } from "./answer-metrics.ts";
import { GenAiMetrics } from "./gen-ai-metrics.ts";
import type { Histogram, AggregatedMetrics, Counter } from "./aggregated-metrics.ts";

/** Bounds of the histograms, seconds: fine around the expected first token, up to the longest sensible deadline. */
const boundaries = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120];

const breakerStates = ["closed", "open", "half_open"] as const;

/** What the gateway counted, from its own events and state. */
export class GatewayMetrics {
  readonly #requests: Counter<"route" | "team" | "feature" | "outcome">;
  readonly #attempts: Counter<"deployment" | "outcome">;
  readonly #duration: Histogram<"route">;
  readonly #firstToken: Histogram<"route">;
  readonly #contractBreaches: Counter<"deployment">;
  readonly #accounts: AccountMetrics;
  readonly #answers: AnswerMetrics;
  readonly #genAi: GenAiMetrics;
  readonly #meter: Meter;
  readonly #hasRoute: (name: string) => boolean;

  constructor({ meter, aggregates, config }: { meter: Meter; aggregates: AggregatedMetrics; config: KnownNames }) {
    this.#meter = meter;
    this.#accounts = new AccountMetrics(aggregates);
    this.#answers = new AnswerMetrics(aggregates);
    this.#genAi = new GenAiMetrics(aggregates, config.deployment);
    this.#hasRoute = config.hasRoute;
    this.#requests = aggregates.counter(metricNames.requests, { description: "Client requests, as the gateway counted them", labels: ["route", "team", "feature", "outcome"] });
    this.#attempts = aggregates.counter(metricNames.attempts, { description: "Attempts at providers", labels: ["deployment", "outcome"] });
    this.#duration = aggregates.histogram(metricNames.requestDuration, { unit: "s", description: "From arrival to the end of the answer", labels: ["route"], boundaries });
    this.#contractBreaches = aggregates.counter(alarmMetricNames.contractBreaches, { description: "Answers that broke the contract with their provider", labels: ["deployment"] });
    this.#firstToken = aggregates.histogram(metricNames.firstToken, { unit: "s", description: "From arrival to the first content token", labels: ["route"], boundaries });
  }

  record(event: GatewayEvent): void {
    if (event.type === "contract_broken") this.#contractBreaches.add(1, { deployment: event.deployment });
    if (event.type === "warm_up") this.#answers.recordWarmUp(event);
    if (event.type !== "finished") return;
    this.#accounts.record(event);
    const route = this.#hasRoute(event.route) ? event.route : "unknown";
    this.#answers.record(event, route);
    this.#genAi.record(event);
    this.#requests.add(1, { route, team: event.team, feature: event.feature, outcome: event.outcome.kind });
    for (const { deployment, failure } of event.attempts) this.#attempts.add(1, { deployment, outcome: failure ?? "success" });
    this.#duration.of({ route }).record((event.endedMs - event.startedMs) / 1000);
    if (event.firstTokenMs !== null) this.#firstToken.of({ route }).record((event.firstTokenMs - event.startedMs) / 1000);
  }

  /** Reads them at each scrape. `isStoreLocal` null: no store is shared. */
  watch(state: () => GatewayState, isStoreLocal: (() => boolean) | null): void {
    const gauge = (name: string, description: string, read: (observe: (value: number, labels?: Attributes) => void) => void) =>
      this.#meter.createObservableGauge(name, { description }).addCallback((result) => read((value, labels) => result.observe(value, labels)));
    gauge(metricNames.inFlight, "Requests in flight", (observe) => observe(state().inFlight));
    gauge(metricNames.retryBudget, "Tokens left in the retry budget", (observe) => observe(state().retryBudgetTokens));
    gauge(accountMetricNames.storeLocal, "1 while this process draws on its own share", (observe) => {
      if (isStoreLocal !== null) observe(isStoreLocal() ? 1 : 0);
    });
    gauge(accountMetricNames.limitLeft, "Share of the window's allowance that is left", (observe) => {
      for (const { team, unit, windowMs, limit, left } of state().limits ?? []) observe(left / limit, { team, unit, window_ms: String(windowMs) });
    });
    gauge(metricNames.breakerState, "1 for the state that the breaker is in", (observe) => {
      for (const breaker of state().breakers) {
        this.#exposeAlarms(breaker.deployment);
        for (const name of breakerStates) observe(breaker.state === name ? 1 : 0, { deployment: breaker.deployment, state: name });
      }
    });
  }

  /** A counter that appears with its first alarm has no rate: Prometheus sees no increase from nothing. */
  #exposeAlarms(deployment: string): void {
    this.#contractBreaches.add(0, { deployment });
    this.#accounts.exposeUnpriced(deployment);
  }
}
