import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import type { OverloadedDeployment } from "../../kernel/verdict.ts";
import type { BadCause } from "../../kernel/judgement.ts";

/**
 * An attempt was held up by load when at least this share of its time went into waiting for its turn and into being
 * slowed by others.
 */
const heldUpShareMin = 0.5;
/** Statuses with which a provider refuses what is too much for it. */
const overloadStatuses: ReadonlySet<number | null> = new Set([429, 503, 529]);

/** Whether the provider's load alone spoiled this attempt of a request that is bad for that cause. */
export function isOverloaded(attempt: WireRecord, cause: BadCause | null): boolean {
  return isRefused(attempt) || (isHeldUp(attempt) && (cause === "late" || attempt.end === "caller_gone"));
}

/** By the provider's limits, or for want of room. */
export function isRefused({ load, status, incident }: WireRecord): boolean {
  return (load?.refused ?? null) !== null || (incident === null && overloadStatuses.has(status));
}

/** Nothing at the provider spoils the attempt: if it failed, something else made it fail. */
export function isHealthy(attempt: WireRecord): boolean {
  return attempt.fate === "answer" && attempt.effect === undefined && !isRefused(attempt);
}

function isHeldUp({ load, arrivedMs, endedMs }: WireRecord): boolean {
  if (load === undefined) return false;
  const loadMs = load.queuedMs + load.slowedMs;
  return loadMs > 0 && loadMs >= heldUpShareMin * (endedMs - arrivedMs);
}

/** Deployments where these attempts met overload, and how they fared there. */
export function overloadedOf(plan: Plan, attempts: readonly WireRecord[]): readonly OverloadedDeployment[] {
  return plan.deployments.flatMap(({ name }) => {
    const own = attempts.filter(({ deployment }) => deployment === name);
    const turnedAway = own.filter(isRefused);
    const held = own.filter((attempt) => !isRefused(attempt) && isHeldUp(attempt));
    if (turnedAway.length + held.length === 0) return [];
    const reasons: Record<string, number> = {};
    for (const { load, status } of turnedAway) {
      const reason = load?.refused ?? `status ${status}`;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    const queuedMsP50 = held.length === 0 ? 0 : quantile(held.map(({ load }) => load?.queuedMs ?? 0), 0.5);
    return [{ deployment: name, attempts: own.length, refused: turnedAway.length, heldUp: held.length, queuedMsP50, reasons }];
  });
}
