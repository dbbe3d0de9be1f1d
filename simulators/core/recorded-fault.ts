import type { RecordedError } from "../../kernel/plan.ts";
import type { ProviderFault } from "./contracts.ts";

/**
 * The fault with a body that was recorded for its status, each as often as it was seen. The fault unchanged where none
 * was recorded. `unit` is the attempt's own draw, [0, 1).
 */
export function inRecordedWords(fault: ProviderFault, recorded: readonly RecordedError[], unit: number): ProviderFault {
  const candidates = recorded.filter(({ status }) => status === fault.status);
  let rest = unit * candidates.reduce((total, { count }) => total + count, 0);
  const drawn = candidates.find(({ count }) => (rest -= count) < 0);
  if (drawn === undefined) return fault;
  const { retryAfterS: _, ...own } = fault;
  const raw = { contentType: drawn.contentType, text: drawn.body };
  return { ...own, raw, ...(drawn.retryAfterS === null ? {} : { retryAfterS: drawn.retryAfterS }) };
}
