import type { Usage } from "../../../kernel/chat.ts";

/** US dollars for a million tokens. */
export interface Rates {
  readonly input: number;
  /** Input that the provider read from its own prompt cache. */
  readonly cachedInput: number;
  /** Input that the provider wrote to its prompt cache. */
  readonly cacheWrite: number;
  /** Input that the provider wrote there for an hour. Absent: as `cacheWrite`. */
  readonly cacheWriteHour?: number;
  readonly output: number;
}

/** What a model costs from `fromMs` until before `toMs` (Unix ms). */
export interface Price extends Rates {
  readonly fromMs: number;
  readonly toMs: number;
  /** What all of a request costs whose input is larger than `inputTokens`. Absent: the same. */
  readonly above?: Rates & { readonly inputTokens: number };
  /** Factors of service tiers. A tier that is neither here nor the standard one has no known price. */
  readonly tiers?: Readonly<Record<string, number>>;
}

/** By the model's exact name: a name that only resembles one is an unknown model, never a free one. */
export type PriceTable = Readonly<Record<string, readonly Price[]>>;

/** Null: the model has no price. */
export function priceAt(table: PriceTable, model: string, wallMs: number): Price | null {
  const periods = Object.hasOwn(table, model) ? table[model]! : [];
  return periods.find(({ fromMs, toMs }) => fromMs <= wallMs && wallMs < toMs) ?? null;
}

/**
 * The names that providers have for what a price list shows. `auto`: the answer names none, so nothing was switched.
 */
const standardTiers: ReadonlySet<string> = new Set(["default", "standard", "auto", "on_demand", "standard_only", "traffic_type_unspecified"]);

/**
 * The cost of one use in billionths of a US dollar, rounded up; null: it is not known, because the tier has no price or
 * something was billed that is no text token. Money is counted in integers, so that sums do not drift and a store can
 * add them.
 */
export function nanoUsdOf(price: Price, usage: Usage): number | null {
  const factor = tierFactor(price, usage.serviceTier);
  if (factor === null || usage.hasOtherCharges === true) return null;
  return nanoUsdAt(price, usage, factor);
}

/**
 * What the list shows for a use, whatever its tier and other charges: the least that a use of unknown cost is counted
 * as. `inputTokens` includes what was read from and written to the provider's cache.
 */
export function nanoUsdAt(price: Price, usage: Usage, factor = 1): number {
  const rates = ratesFor(price, usage.inputTokens);
  const { cacheWriteHour = rates.cacheWrite } = rates;
  const cached = Math.min(usage.inputTokens, usage.cachedInputTokens ?? 0);
  const written = Math.min(usage.inputTokens - cached, usage.cacheWriteTokens ?? 0);
  const forAnHour = Math.min(written, usage.cacheWriteHourTokens ?? 0);
  const plain = usage.inputTokens - cached - written;
  const perMillion =
    plain * rates.input + cached * rates.cachedInput + (written - forAnHour) * rates.cacheWrite + forAnHour * cacheWriteHour + usage.outputTokens * rates.output;
  return Math.ceil(roundedOff(perMillion * factor * 1_000));
}

/**
 * The maximum cost of a use of this size: all of its input at the highest input price, and at its tier, where that has
 * a price.
 */
export function nanoUsdMax(price: Price, usage: { readonly inputTokens: number; readonly outputTokens: number }, tier?: string): number {
  const rates = ratesFor(price, usage.inputTokens);
  const input = Math.max(inputMax(price), inputMax(rates));
  const output = Math.max(price.output, rates.output);
  return Math.ceil(roundedOff((usage.inputTokens * input + usage.outputTokens * output) * Math.max(1, tierFactor(price, tier) ?? 1) * 1_000));
}

/** The highest of its input prices. */
function inputMax({ input, cachedInput, cacheWrite, cacheWriteHour = 0 }: Rates): number {
  return Math.max(input, cachedInput, cacheWrite, cacheWriteHour);
}

function ratesFor(price: Price, inputTokens: number): Rates {
  return price.above !== undefined && inputTokens > price.above.inputTokens ? price.above : price;
}

function tierFactor({ tiers = {} }: Price, tier = "default"): number | null {
  if (Object.hasOwn(tiers, tier)) return tiers[tier]!;
  return standardTiers.has(tier) ? 1 : null;
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
