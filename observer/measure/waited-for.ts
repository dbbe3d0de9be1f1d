import type { WireRecord } from "../../kernel/records.ts";
import type { Judged } from "./classify.ts";
import type { Knowledge } from "./knowledge.ts";

/** A request that reached a provider sooner has not waited for another. */
const waitMsMin = 1_000;

/**
 * Attempts of other requests on whose answer this one waited, as a cache lets equal requests wait for the first: those
 * that got the answer which was delivered to it, and those of its team that asked the same. Only those count that were
 * under way while it had no attempt of its own.
 */
export function attemptsWaitedFor(
  { record }: Judged,
  { own, answering, knowledge }: { readonly own: readonly WireRecord[]; readonly answering: readonly WireRecord[]; readonly knowledge: Knowledge },
): readonly WireRecord[] {
  if (!knowledge.plan.cacheDeclared) return [];
  const untilMs = Math.min(record.endMs, ...own.map(({ arrivedMs }) => arrivedMs));
  if (own.length > 0 && untilMs - record.intendedMs < waitMsMin) return [];
  const digest = knowledge.digests.get(record.requestId);
  const equal = digest === undefined ? [] : (knowledge.askers.get(digest) ?? []);
  const others = new Set([...answering.map(({ requestId }) => requestId), ...equal].filter((requestId) => requestId !== record.requestId));
  return [...others].flatMap((requestId) => {
    const other = knowledge.clients.get(requestId);
    const isUnderWay = other !== undefined && other.team === record.team && other.intendedMs <= untilMs && other.endMs >= record.intendedMs;
    return isUnderWay ? (knowledge.attempts.get(requestId) ?? []) : [];
  });
}
