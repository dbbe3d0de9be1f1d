import type { Usage } from "../../../kernel/chat.ts";

/** What one leg of an answer used. */
export interface LegUsage {
  /** Null: it broke off before reporting. */
  readonly usage: Usage | null;
  /** Its content events: its output tokens, where it reported none. */
  readonly textEvents: number;
  /** Tokens that had been delivered before and were sent along; 0 for the first leg and for a replay. */
  readonly prefixTokens: number;
}

/**
 * The usage of an answer of several legs, as one provider would have reported it: the prompt once, and the tokens of
 * the answer. What else was used is in `failedLegs`. A leg that broke off never reported: its output is its content
 * events, and its input is that of a leg that did report, without the delivered prefix. Null when none reported.
 */
export function rescuedUsage(legs: readonly LegUsage[]): Usage | null {
  const reporting = legs.find(({ usage }) => usage !== null);
  const last = legs.at(-1);
  if (reporting?.usage == null || last === undefined) return null;
  if (legs.length === 1) return reporting.usage;
  const promptTokens = Math.max(0, reporting.usage.inputTokens - reporting.prefixTokens);
  const inputOf = ({ usage, prefixTokens }: LegUsage) => usage?.inputTokens ?? promptTokens + prefixTokens;
  const answer = { ...last.usage, inputTokens: promptTokens, outputTokens: last.prefixTokens + outputOf(last) };
  const failedLegs = { inputTokens: sum(legs.map(inputOf)) - promptTokens, outputTokens: Math.max(0, sum(legs.map(outputOf)) - answer.outputTokens) };
  return { ...withinInput(answer), failedLegs };
}

const outputOf = ({ usage, textEvents }: LegUsage) => usage?.outputTokens ?? textEvents;
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** The last leg's prompt had the delivered prefix in it: what was cached of that is no part of the answer's input. */
function withinInput(usage: Usage): Usage {
  const { inputTokens, cachedInputTokens: read, cacheWriteTokens: written } = usage;
  return {
    ...usage,
    ...(read !== undefined && { cachedInputTokens: Math.min(read, inputTokens) }),
    ...(written !== undefined && { cacheWriteTokens: Math.min(written, Math.max(0, inputTokens - (read ?? 0))) }),
  };
}
