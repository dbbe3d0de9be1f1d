import type { Usage } from "../../../kernel/chat.ts";

/** What a model costs from `fromMs` until before `toMs` (Unix ms), in US dollars for a million tokens. */
export interface Price {
  readonly fromMs: number;
  readonly toMs: number;
  readonly input: number;
  /** Input that the provider read from its own prompt cache. */
  readonly cachedInput: number;
  /** Input that the provider wrote to its prompt cache. */
  readonly cacheWrite: number;
  readonly output: number;
}

/** By the model's exact name: a name that only resembles one is an unknown model, never a free one. */
export type PriceTable = Readonly<Record<string, readonly Price[]>>;

/** Null: the model has no price. */
export function priceAt(table: PriceTable, model: string, wallMs: number): Price | null {
  const periods = Object.hasOwn(table, model) ? table[model]! : [];
  return periods.find(({ fromMs, toMs }) => fromMs <= wallMs && wallMs < toMs) ?? null;
}

/**
 * The cost of one use in billionths of a US dollar, rounded up. Money is counted in integers, so that sums do not drift
 * and a store can add them. `inputTokens` includes what was read from and written to the provider's cache.
 */
export function nanoUsdOf(price: Price, usage: Usage): number {
  const cached = Math.min(usage.inputTokens, usage.cachedInputTokens ?? 0);
  const written = Math.min(usage.inputTokens - cached, usage.cacheWriteTokens ?? 0);
  const plain = usage.inputTokens - cached - written;
  const perMillion = plain * price.input + cached * price.cachedInput + written * price.cacheWrite + usage.outputTokens * price.output;
  return Math.ceil(roundedOff(perMillion * 1_000));
}

/** The maximum cost of a use of this size: all of its input at the highest input price. */
export function nanoUsdMax(price: Price, usage: { readonly inputTokens: number; readonly outputTokens: number }): number {
  const input = Math.max(price.input, price.cachedInput, price.cacheWrite);
  return Math.ceil(roundedOff((usage.inputTokens * input + usage.outputTokens * price.output) * 1_000));
}

/** 0.1 + 0.2 must not cost an extra nanodollar. */
function roundedOff(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** Billionths of a dollar as a decimal number of dollars without an exponent: `0.000105`. */
export function usdText(nanoUsd: number): string {
  const digits = String(nanoUsd).padStart(10, "0");
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/0+$/, "");
  return text.endsWith(".") ? `${text}0` : text;
}
