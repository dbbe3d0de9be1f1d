import { answerMetricNames } from "../../../kernel/metric-names.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { Tallies, Tally } from "./tally.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;

/** What was answered from the cache, and what guards did. */
export class AnswerMetrics {
  readonly #cache: Tally<"route" | "team" | "status" | "kind">;
  readonly #guards: Tally<"team" | "guard" | "action">;

  constructor(tallies: Tallies) {
    this.#cache = tallies.counter(answerMetricNames.cache, { description: "Requests that the cache was asked for", labels: ["route", "team", "status", "kind"] });
    this.#guards = tallies.counter(answerMetricNames.guards, { description: "What guards did to requests and answers", labels: ["team", "guard", "action"] });
  }

  /** `route` is one of the config's, or `unknown`. */
  record({ team, cache, guards = [] }: Finished, route: string): void {
    if (cache !== undefined) this.#cache.add(1, { route, team, status: cache.status, kind: cache.kind ?? "none" });
    for (const { guard, action } of guards) this.#guards.add(1, { team, guard, action });
  }
}
