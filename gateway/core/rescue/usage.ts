import type { Usage } from "../../../kernel/chat.ts";

/** What one leg of an answer used. */
export interface LegUsage {
  /** Null: it broke off before it said. */
  readonly usage: Usage | null;
  /** Content events that it gave: its output tokens, where it did not say. */
  readonly textEvents: number;
  /** Tokens of what had been delivered before, which it was sent along; 0 for the first leg and for a replay. */
  readonly prefixTokens: number;
}

/**
 * What an answer of several legs used, all of it charged for. A leg that broke off never said: its output is what it gave, and its input what
 * a leg that did say was sent, the delivered prefix apart. Null when none of them said.
 */
export function summedUsage(legs: readonly LegUsage[]): Usage | null {
  const told = legs.find(({ usage }) => usage !== null);
  if (told?.usage === undefined || told.usage === null) return null;
  const promptTokens = Math.max(0, told.usage.inputTokens - told.prefixTokens);
  const [first, ...others] = legs.map(({ usage, textEvents, prefixTokens }): Usage => usage ?? { inputTokens: promptTokens + prefixTokens, outputTokens: textEvents });
  return others.reduce(plus, first!);
}

/** What neither of them said stays unsaid. */
function plus(a: Usage, b: Usage): Usage {
  const sum = (x: number | undefined, y: number | undefined) => (x ?? 0) + (y ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...((a.cachedInputTokens ?? b.cachedInputTokens) !== undefined && { cachedInputTokens: sum(a.cachedInputTokens, b.cachedInputTokens) }),
    ...((a.cacheWriteTokens ?? b.cacheWriteTokens) !== undefined && { cacheWriteTokens: sum(a.cacheWriteTokens, b.cacheWriteTokens) }),
  };
}
