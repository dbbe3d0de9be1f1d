import { builtinPrices } from "../../gateway/config/builtin-prices.ts";
import type { ModelPrice } from "../../kernel/plan.ts";

/** The latest list price of a model, by its exact name. Null where the lab has none. */
export function listPrice(model: string): ModelPrice | null {
  const latest = Object.hasOwn(builtinPrices, model) ? [builtinPrices[model]!].flat().at(-1) : undefined;
  return latest === undefined ? null : { input: latest.input, cachedInput: latest.cachedInput ?? latest.input, output: latest.output };
}
