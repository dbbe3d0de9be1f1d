import { answerMetricNames } from "../../../kernel/metric-names.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { AggregatedMetrics, Counter } from "./aggregated-metrics.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;

/** Cache results and guard actions. */
export class AnswerMetrics {
  readonly #cache: Counter<"route" | "team" | "status" | "kind">;
  readonly #guards: Counter<"team" | "guard" | "action">;
  readonly #warmUps: Counter<"team" | "outcome">;
  readonly #warmUpCost: Counter<"team">;
  readonly #exposed = new Set<string>();

  constructor(aggregates: AggregatedMetrics) {
    this.#cache = aggregates.counter(answerMetricNames.cache, { description: "Requests that the cache was asked for", labels: ["route", "team", "status", "kind"] });
    this.#guards = aggregates.counter(answerMetricNames.guards, { description: "What guards did to requests and answers", labels: ["team", "guard", "action"] });
    this.#warmUps = aggregates.counter(answerMetricNames.warmUps, { description: "Questions of the gateway's own that warm its cache", labels: ["team", "outcome"] });
    this.#warmUpCost = aggregates.counter(answerMetricNames.warmUpCost, { description: "US dollars billed for them", labels: ["team"] });
  }

  recordWarmUp({ team, outcome, nanoUsd }: Extract<GatewayEvent, { type: "warm_up" }>): void {
    this.#warmUps.add(1, { team, outcome });
    this.#warmUpCost.add(nanoUsd / 1e9, { team });
  }

  /** `route` is one of the config's, or `unknown`. */
  record({ team, cache, guards = [] }: Finished, route: string): void {
    if (cache !== undefined) {
      this.#exposeWarmUps(team);
      this.#cache.add(1, { route, team, status: cache.status, kind: cache.kind ?? "none" });
    }
    for (const { guard, action } of guards) this.#guards.add(1, { team, guard, action });
  }

  /** 0 from a team's first look-up on: a counter that appears with its first count has no rate. */
  #exposeWarmUps(team: string): void {
    if (this.#exposed.has(team)) return;
    this.#exposed.add(team);
    this.#warmUps.add(0, { team, outcome: "stored" });
    this.#warmUpCost.add(0, { team });
  }
}
