import type { Usage } from "../../../kernel/chat.ts";
import type { DeploymentConfig } from "../config.ts";
import type { AttemptReport } from "../attempt-report.ts";
import type { AttemptUsage, CostLeg, RequestCost } from "./report.ts";
import { nanoUsdAt, nanoUsdOf, priceAt, type PriceTable } from "./price.ts";

interface World {
  readonly deployments: readonly DeploymentConfig[];
  readonly prices: PriceTable;
  readonly wallMs: number;
  /** The prompt's size, for an attempt whose provider never reported it. */
  readonly promptTokens: () => number;
  /** False: the request asks for vectors, which no provider counts as output. Absent: true. */
  readonly hasOutput?: boolean;
  /**
   * The service tier that the client asked for, where a provider does not report the one that it billed. Absent: none.
   */
  readonly askedTier?: () => string | undefined;
}

/** A leg, and what it costs at least. */
interface PricedLeg {
  readonly leg: CostLeg;
  readonly listNanoUsd: number;
}

/**
 * The cost of a request, from its attempts' reports. A refusal before generation is not billed. A stream that was cut
 * or cancelled is billed for what it had produced, so a retry after it pays twice. An answer for which nobody waited
 * any longer is billed for its prompt, even if nothing of it had come.
 */
export function costOf(attempts: readonly AttemptReport[], world: World): RequestCost {
  const priced = attempts.flatMap((attempt) => legsOf(attempt, world));
  const legs = priced.map(({ leg }) => leg);
  const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0 };
  let [nanoUsd, failedNanoUsd, listNanoUsd, isPriced] = [0, 0, 0, true];
  for (const { leg, listNanoUsd: listed } of priced) {
    usage.inputTokens += leg.usage.inputTokens;
    usage.outputTokens += leg.usage.outputTokens;
    usage.cachedInputTokens += leg.usage.cachedInputTokens ?? 0;
    usage.cacheWriteTokens += leg.usage.cacheWriteTokens ?? 0;
    nanoUsd += leg.nanoUsd ?? 0;
    if (leg.failed) failedNanoUsd += leg.nanoUsd ?? 0;
    if (leg.nanoUsd === null) isPriced = false;
    listNanoUsd += listed;
  }
  return { legs, nanoUsd, failedNanoUsd, usage, isPriced, listNanoUsd };
}

function legsOf(attempt: AttemptReport, world: World): PricedLeg[] {
  const { deployments, prices, wallMs } = world;
  const usage = usageOf(attempt, world);
  if (usage === null) return [];
  const deployment = deployments.find(({ name }) => name === attempt.deployment);
  const model = deployment?.model ?? "";
  const price = priceAt(prices, model, wallMs);
  const serviceTier = usage.serviceTier ?? (isOpenai(deployment) ? world.askedTier?.() : undefined);
  const billed = serviceTier === undefined ? usage : { ...usage, serviceTier };
  const nanoUsd = price === null ? null : nanoUsdOf(price, billed);
  const failed = attempt.failure !== null && attempt.failure !== "cancelled";
  const leg = { spanId: attempt.spanId, deployment: attempt.deployment, model, usage: billed, nanoUsd, failed };
  return [{ leg, listNanoUsd: nanoUsd ?? (price === null ? 0 : nanoUsdAt(price, billed)) }];
}

/** Whether it may have received the service tier that the client asked for. */
function isOpenai(deployment: DeploymentConfig | undefined): boolean {
  return deployment?.dialect === "openai" || deployment?.dialect === "openai_responses" || deployment?.dialect === "openai_compatible";
}

/**
 * Null: it was not billed. Usage that came while an answer was on its way reports what the prompt was billed as, and of
 * the output only what there was by then.
 */
function usageOf({ failure, usage, input, textEvents = 0, isLeftAtWork = false }: AttemptReport, { promptTokens, hasOutput = true }: World): AttemptUsage | null {
  const outputTokens = hasOutput ? textEvents : 0;
  /** Some servers report zeros: what they produced was not free. */
  if (usage !== undefined && usage !== null && isCount(usage) && (usage.inputTokens + usage.outputTokens > 0 || outputTokens === 0)) {
    const isCounted = usage.outputTokens >= outputTokens || (failure === null && usage.outputTokens > 0);
    return isCounted ? { ...usage, isEstimated: false } : { ...usage, outputTokens, isEstimated: true };
  }
  if (textEvents === 0 && !isLeftAtWork) return null;
  const isReported = input !== undefined && isCount({ ...input, outputTokens });
  return { ...(isReported ? input : { inputTokens: promptTokens() }), outputTokens, isEstimated: true };
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
