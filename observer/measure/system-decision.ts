import type { WireRecord } from "../../kernel/records.ts";
import type { OwnDecisionKind } from "../../kernel/verdict.ts";
import type { Case } from "./evidence.ts";
import { isLostOutside } from "./lost-time.ts";
import { isHealthy } from "./overload.ts";
import { firstAtOrAfter } from "./tally.ts";

/** Whether a deployment answered around the life of a request, by the attempts of the others and the request's own. */
export type Answering = (deployment: string, requestId: string, span: { readonly fromMs: number; readonly toMs: number }) => boolean;

/**
 * A deployment was answering when the attempt that ended last there, of all that ended in the span, was answered whole;
 * of several at once, one is enough. Attempts that their caller left before anything had spoiled them prove nothing,
 * and of the request's own only those count that were answered.
 */
export function answeringOf(wire: readonly WireRecord[]): Answering {
  const byDeployment = new Map(
    [...Map.groupBy(wire, ({ deployment }) => deployment)].map(([name, attempts]) => {
      const ended = attempts.filter((attempt) => !(isHealthy(attempt) && attempt.end === "caller_gone")).toSorted((a, b) => a.endedMs - b.endedMs || Number(isAnswered(a)) - Number(isAnswered(b)));
      return [name, { ended, times: ended.map(({ endedMs }) => endedMs) }];
    }),
  );
  return (deployment, requestId, { fromMs, toMs }) => {
    const { ended, times } = byDeployment.get(deployment) ?? { ended: [], times: [] };
    for (let index = firstAtOrAfter(times, toMs) - 1; index >= 0 && times[index]! >= fromMs; index--) {
      if (ended[index]!.requestId !== requestId || isAnswered(ended[index]!)) return isAnswered(ended[index]!);
    }
    return false;
  };
}

function isAnswered(attempt: WireRecord): boolean {
  return isHealthy(attempt) && attempt.end === "sent" && attempt.status !== null && attempt.status >= 200 && attempt.status <= 299;
}

/** The client could not reach the system: it got no byte of an answer, and no provider was asked for it. */
export function isUnreachable({ judged: { record, cause }, attempts, traced }: Case): boolean {
  if (cause !== "error" || record.sentMs === null || record.status !== null || attempts.length > 0) return false;
  return record.end === "refused" || record.end === "connect_timeout" || (traced && record.end !== "complete");
}

/**
 * How the system itself made the request bad while a deployment of its route was answering; null where the records do
 * not show that. Where request ids are not forwarded, an attempt that is missing proves nothing.
 */
export function ownDecision(bad: Case, answering: Answering, windowMs: number): OwnDecisionKind | null {
  const { judged, attempts, route, slo, traced } = bad;
  const { record, cause } = judged;
  if (!traced || record.sentMs === null || record.status === null || record.end === "timeout") return null;
  const span = { fromMs: record.intendedMs - windowMs, toMs: record.endMs };
  const isAnswering = (deployment: string) => answering(deployment, record.requestId, span);
  if (!route.some(isAnswering)) return null;
  if (cause === "late") return isLostOutside(judged, attempts, slo) ? "queued" : null;
  if (cause !== "error" && cause !== "truncated") return null;
  if (attempts.length === 0) return cause === "error" ? "refused" : null;
  const lastMs = Math.max(...attempts.map(({ endedMs }) => endedMs));
  const healthy = attempts.filter((attempt) => attempt.endedMs === lastMs && isHealthy(attempt));
  if (healthy.length > 0) return healthy.some(({ end }) => end === "caller_gone") ? "gave_up" : null;
  const asked = new Set(attempts.map(({ deployment }) => deployment));
  return route.some((deployment) => !asked.has(deployment) && isAnswering(deployment)) ? "gave_up" : null;
}
