import type { Counter, Meter } from "@opentelemetry/api";
import { accountMetricNames } from "../../../kernel/metric-names.ts";
import type { GatewayEvent } from "../../core/contracts.ts";
import type { CostLeg } from "../../core/cost/request-cost.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;

const NANO = 1e9;

/** Who spent what, and who was refused. */
export class AccountMetrics {
  readonly #cost: Counter;
  readonly #tokens: Counter;
  readonly #unpriced: Counter;
  readonly #rejections: Counter;

  constructor(meter: Meter) {
    this.#cost = meter.createCounter(accountMetricNames.cost, { description: "US dollars that attempts cost" });
    this.#tokens = meter.createCounter(accountMetricNames.tokens, { description: "Tokens that providers billed" });
    this.#unpriced = meter.createCounter(accountMetricNames.unpriced, { description: "Billed attempts whose model has no price" });
    this.#rejections = meter.createCounter(accountMetricNames.rejections, { description: "Requests refused before any provider was asked" });
  }

  record(event: Finished): void {
    const { team, feature, outcome, cost } = event;
    if (outcome.kind === "rejected") this.#rejections.add(1, { team, by: outcome.by });
    for (const leg of cost?.legs ?? []) this.#leg(leg, { team, feature, deployment: leg.deployment });
  }

  #leg({ usage, nanoUsd, failed }: CostLeg, owner: { team: string; feature: string; deployment: string }): void {
    if (nanoUsd === null) this.#unpriced.add(1, { deployment: owner.deployment });
    else this.#cost.add(nanoUsd / NANO, { ...owner, leg: failed ? "failed" : "answered" });
    const { cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
    const kinds = { input: usage.inputTokens - cachedInputTokens - cacheWriteTokens, cached_input: cachedInputTokens, cache_write: cacheWriteTokens, output: usage.outputTokens };
    for (const [kind, count] of Object.entries(kinds)) if (count > 0) this.#tokens.add(count, { ...owner, kind });
  }
}
