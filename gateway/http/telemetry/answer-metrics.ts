import type { Counter, Meter } from "@opentelemetry/api";
import { answerMetricNames } from "../../../kernel/metric-names.ts";
import type { GatewayEvent } from "../../core/contracts.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;

/** What was answered from the cache, and what guards did. */
export class AnswerMetrics {
  readonly #cache: Counter;
  readonly #guards: Counter;

  constructor(meter: Meter) {
    this.#cache = meter.createCounter(answerMetricNames.cache, { description: "Requests that the cache was asked for" });
    this.#guards = meter.createCounter(answerMetricNames.guards, { description: "What guards did to requests and answers" });
  }

  /** `route` is one of the config's, or `unknown`. */
  record({ team, cache, guards = [] }: Finished, route: string): void {
    if (cache !== undefined) this.#cache.add(1, { route, team, status: cache.status, kind: cache.kind ?? "none" });
    for (const { guard, action } of guards) this.#guards.add(1, { team, guard, action });
  }
}
