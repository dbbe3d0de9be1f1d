import type { PriceEntry } from "./prices.ts";

/** Where the built-in prices come from, and the day on which each source was read or dated. */
const sources = {
  "llm-prices": { name: "simonw/llm-prices", url: "https://github.com/simonw/llm-prices", date: "2026-08-05" },
  "genai-prices": { name: "pydantic/genai-prices", url: "https://github.com/pydantic/genai-prices", date: "2026-08-21" },
  "genai-prices-2025": { name: "pydantic/genai-prices, prices/providers/anthropic.yml, prices_checked of the entry", url: "https://github.com/pydantic/genai-prices", date: "2025-06-22" },
} as const satisfies Record<string, { name: string; url: string; date: string }>;

type SourcedPrice = PriceEntry & { readonly source: keyof typeof sources };

/**
 * What models cost, in US dollars for a million tokens. A config may correct or add entries under `cost.prices`. Models
 * are looked up by their exact name. A model that is not listed has no price: every event and metric flags it, and it is
 * an error where the config has `cost: { unknownModel: error }` or a limit that counts money.
 *
 * Prices are of the standard tier, without batch discounts. `above` is the price of requests above the vendor's context
 * threshold, from the same source (the cache prices of "claude-sonnet-4-5" and "gpt-5.6-sol" from genai-prices). A model
 * without it has one price for all lengths there. `cacheWrite` is the price of input that is written to the provider's prompt cache, `cacheWriteHour` of
 * what is kept there for an hour (genai-prices: twice the input). Left out, `cacheWrite` equals `input`. `until` is the
 * last day (UTC) of a price.
 */
export const builtinPrices: Readonly<Record<string, SourcedPrice | SourcedPrice[]>> = {
  "gpt-5.6-sol": { input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 30, above: { inputTokens: 272_000, input: 10, cachedInput: 1, cacheWrite: 12.5, output: 45 }, source: "llm-prices" },
  // genai-prices says 2.5 / 0.25 / 15. gpt-5.6-luna is left out: the two sources differ by a factor of five.
  "gpt-5.6-terra": { input: 2, cachedInput: 0.2, output: 12, above: { inputTokens: 272_000, input: 4, cachedInput: 0.4, output: 18 }, source: "llm-prices" },
  "gpt-5.5": { input: 5, cachedInput: 0.5, output: 30, above: { inputTokens: 272_000, input: 10, cachedInput: 1, output: 45 }, source: "llm-prices" },
  "gpt-5.4": { input: 2.5, cachedInput: 0.25, output: 15, above: { inputTokens: 272_000, input: 5, cachedInput: 0.5, output: 22.5 }, source: "llm-prices" },
  "gpt-5.4-mini": { input: 0.75, cachedInput: 0.075, output: 4.5, source: "llm-prices" },
  "gpt-5.2": { input: 1.75, cachedInput: 0.175, output: 14, source: "llm-prices" },
  "gpt-5.1": { input: 1.25, cachedInput: 0.125, output: 10, source: "llm-prices" },
  "gpt-5-mini": { input: 0.25, cachedInput: 0.025, output: 2, source: "llm-prices" },
  "gpt-4.1": { input: 2, cachedInput: 0.5, output: 8, source: "llm-prices" },
  "gpt-4.1-mini": { input: 0.4, cachedInput: 0.1, output: 1.6, source: "llm-prices" },
  "gpt-4o": { input: 2.5, cachedInput: 1.25, output: 10, source: "llm-prices" },
  "gpt-4o-mini": { input: 0.15, cachedInput: 0.075, output: 0.6, source: "llm-prices" },
  "claude-opus-5": { input: 5, cachedInput: 0.5, cacheWrite: 6.25, cacheWriteHour: 10, output: 25, source: "llm-prices" },
  "claude-opus-4-8": { input: 5, cachedInput: 0.5, cacheWrite: 6.25, cacheWriteHour: 10, output: 25, source: "llm-prices" },
  "claude-opus-4-7": { input: 5, cachedInput: 0.5, cacheWrite: 6.25, cacheWriteHour: 10, output: 25, source: "llm-prices" },
  "claude-opus-4-6": { input: 5, cachedInput: 0.5, cacheWrite: 6.25, cacheWriteHour: 10, output: 25, source: "llm-prices" },
  "claude-opus-4-5": { input: 5, cachedInput: 0.5, cacheWrite: 6.25, cacheWriteHour: 10, output: 25, source: "llm-prices" },
  "claude-sonnet-5": [
    { input: 2, cachedInput: 0.2, cacheWrite: 2.5, cacheWriteHour: 4, output: 10, until: "2026-08-31", source: "genai-prices" },
    { input: 3, cachedInput: 0.3, cacheWrite: 3.75, cacheWriteHour: 6, output: 15, source: "genai-prices" },
  ],
  "claude-sonnet-4-6": { input: 3, cachedInput: 0.3, cacheWrite: 3.75, cacheWriteHour: 6, output: 15, source: "llm-prices" },
  "claude-sonnet-4-5": { input: 3, cachedInput: 0.3, cacheWrite: 3.75, cacheWriteHour: 6, output: 15, above: { inputTokens: 200_000, input: 6, cachedInput: 0.6, cacheWrite: 7.5, cacheWriteHour: 12, output: 22.5 }, source: "llm-prices" },
  "claude-haiku-4-5": { input: 1, cachedInput: 0.1, cacheWrite: 1.25, cacheWriteHour: 2, output: 5, source: "llm-prices" },
  "claude-3-5-haiku-20241022": { input: 0.8, cachedInput: 0.08, cacheWrite: 1, cacheWriteHour: 1.6, output: 4, source: "genai-prices-2025" },
  "gemini-2.5-pro": { input: 1.25, cachedInput: 0.125, output: 10, above: { inputTokens: 200_000, input: 2.5, cachedInput: 0.25, output: 15 }, source: "llm-prices" },
  "gemini-2.5-flash": { input: 0.3, cachedInput: 0.03, output: 2.5, source: "llm-prices" },
  "gemini-2.5-flash-lite": { input: 0.1, cachedInput: 0.01, output: 0.4, source: "llm-prices" },
  "gemini-3.1-pro-preview": { input: 2, cachedInput: 0.2, output: 12, above: { inputTokens: 200_000, input: 4, cachedInput: 0.4, output: 18 }, source: "llm-prices" },
  "gemini-3.6-flash": { input: 1.5, cachedInput: 0.15, output: 7.5, source: "llm-prices" },
  "mistral-large-2512": { input: 0.5, cachedInput: 0.05, output: 1.5, source: "llm-prices" },
  "mistral-small-2603": { input: 0.15, cachedInput: 0.015, output: 0.6, source: "llm-prices" },
  "grok-4.5": { input: 2, cachedInput: 0.3, output: 6, above: { inputTokens: 200_000, input: 4, cachedInput: 0.6, output: 12 }, source: "llm-prices" },
};
