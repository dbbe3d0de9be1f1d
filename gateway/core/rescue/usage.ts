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
 * The usage of an answer of several legs, all of it billed. A leg that broke off never reported: its output is its
 * content events, and its input is that of a leg that did report, without the delivered prefix. Null when none
 * reported.
 */
export function summedUsage(legs: readonly LegUsage[]): Usage | null {
  const reporting = legs.find(({ usage }) => usage !== null);
  if (reporting?.usage === undefined || reporting.usage === null) return null;
  const promptTokens = Math.max(0, reporting.usage.inputTokens - reporting.prefixTokens);
  const [first, ...others] = legs.map(({ usage, textEvents, prefixTokens }): Usage => usage ?? { inputTokens: promptTokens + prefixTokens, outputTokens: textEvents });
  return others.reduce(plus, first!);
}

/** A count that neither reported stays absent. */
function plus(a: Usage, b: Usage): Usage {
  const sum = (name: "cachedInputTokens" | "cacheWriteTokens" | "cacheWriteHourTokens" | "reasoningTokens") => {
    const total = a[name] === undefined && b[name] === undefined ? undefined : (a[name] ?? 0) + (b[name] ?? 0);
    return total === undefined ? {} : { [name]: total };
  };
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...sum("cachedInputTokens"),
    ...sum("cacheWriteTokens"),
    ...sum("cacheWriteHourTokens"),
    ...sum("reasoningTokens"),
  };
}
