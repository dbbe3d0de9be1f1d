import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Attribution, OverloadedDeployment } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";
import type { Knowledge } from "./knowledge.ts";
import { faultedDeployments } from "./radius.ts";
import { percent } from "./format.ts";

/** An attempt was held up by load when at least this share of its time went into waiting for its turn and into being slowed by others. */
const heldUpShareMin = 0.5;
/** Statuses by which a provider says that it is too much for it. */
const overloadStatuses: ReadonlySet<number | null> = new Set([429, 503, 529]);

/**
 * What made the bad requests bad, by what the providers' wire logs show of their attempts: an injected fault, or the overload of a deployment
 * that no fault of the plan targets (a failover that saturates its fallback), or both. What happens at a targeted deployment is its
 * fault's doing, overload included.
 */
export function attributionOf(plan: Plan, bad: readonly Judged[], knowledge: Knowledge): Attribution {
  const targeted = faultedDeployments(plan);
  const counts = { fault: 0, overload: 0, faultAndOverload: 0, other: 0 };
  for (const judged of bad) {
    const attempts = knowledge.attempts.get(judged.record.requestId) ?? [];
    const fault = brokenLink(plan, judged) || attempts.some((attempt) => isFaultHit(attempt, judged, targeted));
    const overload = attempts.some((attempt) => isOverloadHit(attempt, judged, targeted));
    counts[fault ? (overload ? "faultAndOverload" : "fault") : overload ? "overload" : "other"]++;
  }
  const requests = new Set(bad.map(({ record }) => record.requestId));
  return { bad: bad.length, ...counts, overloaded: overloadedOf(plan, requests, knowledge, targeted) };
}

/** The attribution as a sentence; null where no overload had a part in it. */
export function attributionSentence(attribution: Attribution | undefined): string | null {
  if (attribution === undefined) return null;
  const { bad, fault, overload, faultAndOverload, overloaded } = attribution;
  if (overload + faultAndOverload === 0) return null;
  const share = (count: number) => `${count} (${percent(count / bad)})`;
  const names = overloaded.map(({ deployment }) => deployment).join(", ");
  const parts = [
    `${share(overload + faultAndOverload)} of ${bad} bad requests met the overload of ${names}, which no fault targets`,
    `${faultAndOverload} of them after the injected fault itself had hit them`,
    `${share(fault)} were hit by the fault alone`,
  ];
  return `${parts[0]}, ${parts[1]}; ${parts[2]}.`;
}

function isFaultHit(attempt: WireRecord, { cause }: Judged, targeted: ReadonlySet<string>): boolean {
  if (!targeted.has(attempt.deployment)) return false;
  if (attempt.incident === null) return refused(attempt) || heldUp(attempt);
  return attempt.fate !== "answer" || attempt.effect !== undefined || attempt.end !== "sent" || refused(attempt) || cause === "late";
}

function isOverloadHit(attempt: WireRecord, { cause }: Judged, targeted: ReadonlySet<string>): boolean {
  if (targeted.has(attempt.deployment)) return false;
  return refused(attempt) || (heldUp(attempt) && (cause === "late" || attempt.end === "caller_gone"));
}

function refused({ load, status, incident }: WireRecord): boolean {
  return (load?.refused ?? null) !== null || (incident === null && overloadStatuses.has(status));
}

function heldUp({ load, arrivedMs, endedMs }: WireRecord): boolean {
  if (load === undefined) return false;
  const loadMs = load.queuedMs + load.slowedMs;
  return loadMs > 0 && loadMs >= heldUpShareMin * (endedMs - arrivedMs);
}

/** Whether a link to one of the request's deployments was broken while it was under way: no wire log can show what never arrived. */
function brokenLink(plan: Plan, { record }: Judged): boolean {
  return plan.faults.some(
    ({ target, affects, fromMs, toMs }) => target.links.length > 0 && affects.routes.includes(record.route) && fromMs < record.endMs && record.intendedMs < toMs,
  );
}

/** Untargeted deployments where bad requests met overload, and how their attempts fared. */
function overloadedOf(plan: Plan, bad: ReadonlySet<string>, knowledge: Knowledge, targeted: ReadonlySet<string>): readonly OverloadedDeployment[] {
  const attempts = [...bad].flatMap((requestId) => knowledge.attempts.get(requestId) ?? []);
  return plan.deployments.flatMap(({ name }) => {
    if (targeted.has(name)) return [];
    const own = attempts.filter(({ deployment }) => deployment === name);
    const turnedAway = own.filter(refused);
    const held = own.filter((attempt) => !refused(attempt) && heldUp(attempt));
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
