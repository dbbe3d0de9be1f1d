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

/** By the model's exact name: a near miss is an unknown model, and never free. */
export type PriceTable = Readonly<Record<string, readonly Price[]>>;

/** Null: nobody has said what it costs. */
export function priceAt(table: PriceTable, model: string, wallMs: number): Price | null {
  const periods = Object.hasOwn(table, model) ? table[model]! : [];
  return periods.find(({ fromMs, toMs }) => fromMs <= wallMs && wallMs < toMs) ?? null;
}

/**
 * The cost of one use in billionths of a US dollar, whole and rounded up: money is counted in integers, so that sums do not drift and a
 * store may add them up. `inputTokens` includes what was read from and written to the provider's cache.
 */
export function nanoUsdOf(price: Price, usage: Usage): number {
  const cached = Math.min(usage.inputTokens, usage.cachedInputTokens ?? 0);
  const written = Math.min(usage.inputTokens - cached, usage.cacheWriteTokens ?? 0);
  const plain = usage.inputTokens - cached - written;
  const perMillion = plain * price.input + cached * price.cachedInput + written * price.cacheWrite + usage.outputTokens * price.output;
  return Math.ceil(roundedOff(perMillion * 1_000));
}

/** The most that a use of this size may cost: all of its input at the dearest input price. */
export function nanoUsdMax(price: Price, usage: { readonly inputTokens: number; readonly outputTokens: number }): number {
  const input = Math.max(price.input, price.cachedInput, price.cacheWrite);
  return Math.ceil(roundedOff((usage.inputTokens * input + usage.outputTokens * price.output) * 1_000));
}

/** 0.1 + 0.2 is not to cost a nanodollar more. */
function roundedOff(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** Billionths of a dollar as a decimal number of dollars without an exponent: `0.000105`. */
export function usdText(nanoUsd: number): string {
  const digits = String(nanoUsd).padStart(10, "0");
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/0+$/, "");
  return text.endsWith(".") ? `${text}0` : text;
}
