import { accountMetricNames } from "../../../kernel/metric-names.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { CostLeg } from "../../core/cost/report.ts";
import type { AggregatedMetrics, Counter } from "./aggregated-metrics.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;

const NANO = 1e9;

const owner = ["team", "feature", "deployment"] as const;
type Owner = (typeof owner)[number];

/** Spending and refusals, by team. */
export class AccountMetrics {
  readonly #cost: Counter<Owner | "leg">;
  readonly #tokens: Counter<Owner | "kind">;
  readonly #unpriced: Counter<"deployment">;
  readonly #rejections: Counter<"team" | "by">;

  constructor(aggregates: AggregatedMetrics) {
    this.#cost = aggregates.counter(accountMetricNames.cost, { description: "US dollars that attempts cost", labels: [...owner, "leg"] });
    this.#tokens = aggregates.counter(accountMetricNames.tokens, { description: "Tokens that providers billed", labels: [...owner, "kind"] });
    this.#unpriced = aggregates.counter(accountMetricNames.unpriced, { description: "Billed attempts whose model has no price", labels: ["deployment"] });
    this.#rejections = aggregates.counter(accountMetricNames.rejections, { description: "Requests refused before any provider was asked", labels: ["team", "by"] });
  }

  record(event: Finished): void {
    const { team, feature, outcome, cost } = event;
    if (outcome.kind === "rejected") this.#rejections.add(1, { team, by: outcome.by });
    for (const leg of cost?.legs ?? []) this.#leg(leg, { team, feature, deployment: leg.deployment });
  }

  /** As 0, until there is one. */
  exposeUnpriced(deployment: string): void {
    this.#unpriced.add(0, { deployment });
  }

  #leg({ usage, nanoUsd, failed }: CostLeg, whose: Readonly<Record<Owner, string>>): void {
    if (nanoUsd === null) this.#unpriced.add(1, { deployment: whose.deployment });
    else this.#cost.add(nanoUsd / NANO, { ...whose, leg: failed ? "failed" : "answered" });
    const { cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
    const kinds = { input: usage.inputTokens - cachedInputTokens - cacheWriteTokens, cached_input: cachedInputTokens, cache_write: cacheWriteTokens, output: usage.outputTokens };
    for (const [kind, count] of Object.entries(kinds)) if (count > 0) this.#tokens.add(count, { ...whose, kind });
  }
}
