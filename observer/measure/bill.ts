import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";

/** Prices are in US dollars for a million tokens: that many billionths for a thousand tokens. */
const nanoUsdFactor = 1_000;

/**
 * What a provider bills for an attempt, in whole billionths of a US dollar, so that sums do not depend on their order:
 * the input and all that was generated, once an answer was begun. 0 where none was. Null where the plan has no price
 * for the deployment.
 */
export function billOf({ deployments }: Pick<Plan, "deployments">): (attempt: WireRecord) => number | null {
  const prices = new Map(deployments.map(({ name, price }) => [name, price ?? null]));
  return ({ deployment, answerId, inputTokens, cachedTokens = 0, tokensGenerated }) => {
    if (answerId === null) return 0;
    const price = prices.get(deployment) ?? null;
    if (price === null) return null;
    return Math.round(nanoUsdFactor * ((inputTokens - cachedTokens) * price.input + cachedTokens * price.cachedInput + tokensGenerated * price.output));
  };
}

export const usdOf = (nanoUsd: number): number => nanoUsd / 1e9;
