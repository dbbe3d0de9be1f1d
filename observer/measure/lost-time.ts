import type { Cell } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import type { Judged } from "./classify.ts";

/**
 * Whether a late request would have been in time without what it spent outside of its attempts: from its intended send
 * until the first reached a provider, and from the end of the last until the client had what it was waiting for. Time
 * between attempts is their failure's.
 */
export function isLostOutside({ record }: Judged, attempts: readonly WireRecord[], slo: Cell["slo"]): boolean {
  const totalMs = record.endMs - record.intendedMs;
  const isTotal = totalMs > slo.totalMs || record.firstTokenMs === null;
  const [untilMs, limitMs] = isTotal ? [record.endMs, slo.totalMs] : [record.firstTokenMs ?? record.endMs, slo.firstTokenMs];
  if (attempts.length === 0) return true;
  const firstMs = Math.min(...attempts.map(({ arrivedMs }) => arrivedMs), untilMs);
  const lastMs = Math.max(...attempts.map(({ endedMs }) => endedMs));
  const outsideMs = Math.max(0, firstMs - record.intendedMs) + Math.max(0, untilMs - lastMs);
  return untilMs - record.intendedMs - outsideMs <= limitMs;
}
