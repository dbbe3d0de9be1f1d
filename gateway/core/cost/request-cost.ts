import type { Usage } from "../../../kernel/chat.ts";
import type { DeploymentConfig } from "../config.ts";
import type { AttemptReport } from "../attempt-report.ts";
import type { AttemptUsage, CostLeg, RequestCost } from "./report.ts";
import { nanoUsdOf, priceAt, type PriceTable } from "./price.ts";

interface World {
  readonly deployments: readonly DeploymentConfig[];
  readonly prices: PriceTable;
  readonly wallMs: number;
  /** The prompt's size, for an attempt whose provider never reported it. */
  readonly promptTokens: () => number;
  /** False: the request asks for vectors, which no provider counts as output. Absent: true. */
  readonly hasOutput?: boolean;
}

/**
 * The cost of a request, from its attempts' reports. A refusal before generation is not billed. A stream that was cut
 * or cancelled is billed for what it had produced, so a retry after it pays twice.
 */
export function costOf(attempts: readonly AttemptReport[], world: World): RequestCost {
  const legs = attempts.flatMap((attempt) => legsOf(attempt, world));
  const sum = (read: (leg: CostLeg) => number) => legs.reduce((total, leg) => total + read(leg), 0);
  return {
    legs,
    nanoUsd: sum((leg) => leg.nanoUsd ?? 0),
    failedNanoUsd: sum((leg) => (leg.failed ? (leg.nanoUsd ?? 0) : 0)),
    usage: {
      inputTokens: sum(({ usage }) => usage.inputTokens),
      outputTokens: sum(({ usage }) => usage.outputTokens),
      cachedInputTokens: sum(({ usage }) => usage.cachedInputTokens ?? 0),
      cacheWriteTokens: sum(({ usage }) => usage.cacheWriteTokens ?? 0),
    },
    isPriced: legs.every(({ nanoUsd }) => nanoUsd !== null),
  };
}

function legsOf(attempt: AttemptReport, world: World): CostLeg[] {
  const { deployments, prices, wallMs } = world;
  const usage = usageOf(attempt, world);
  if (usage === null) return [];
  const model = deployments.find(({ name }) => name === attempt.deployment)?.model ?? "";
  const price = priceAt(prices, model, wallMs);
  const nanoUsd = price === null ? null : nanoUsdOf(price, usage);
  const failed = attempt.failure !== null && attempt.failure !== "cancelled";
  return [{ spanId: attempt.spanId, deployment: attempt.deployment, model, usage, nanoUsd, failed }];
}

/** Null: it produced nothing. */
function usageOf({ usage, textEvents = 0 }: AttemptReport, { promptTokens, hasOutput = true }: World): AttemptUsage | null {
  const outputTokens = hasOutput ? textEvents : 0;
  /** Some servers report zeros: what they produced was not free. */
  if (usage !== undefined && usage !== null && isCount(usage) && (usage.outputTokens > 0 || outputTokens === 0)) return { ...usage, isEstimated: false };
  return textEvents === 0 ? null : { inputTokens: promptTokens(), outputTokens, isEstimated: true };
}

/** No model has such a context window. */
const COUNT_MAX = 1e9;

/**
 * Whether these figures can be counts: a -1 for unknown, or a fraction, would be returned to the team or refused by the
 * store.
 */
function isCount({ inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 }: Usage): boolean {
  return isWhole(inputTokens) && isWhole(outputTokens) && isWhole(cachedInputTokens) && isWhole(cacheWriteTokens);
}

function isWhole(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0 && count <= COUNT_MAX;
}
