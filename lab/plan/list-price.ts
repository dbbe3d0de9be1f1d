import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { pricesFileSchema } from "../../gateway/config/prices-file.ts";
import type { PriceSettings } from "../../gateway/config/prices.ts";
import type { ModelPrice } from "../../kernel/plan.ts";
import { fileLimits, readText } from "../files.ts";

const file = fileURLToPath(new URL("../../gateway/prices.yaml", import.meta.url));

let read: PriceSettings | null = null;

/** The reference gateway's built-in prices, as its file has them. */
export function listPrices(): PriceSettings {
  return (read ??= pricesFileSchema.parse(parse(readText(file, fileLimits.scenarioBytesMax))).models);
}

/** The latest list price of a model, by its exact name. Null where the lab has none. */
export function listPrice(model: string): ModelPrice | null {
  const prices = listPrices();
  const latest = Object.hasOwn(prices, model) ? [prices[model]!].flat().at(-1) : undefined;
  return latest === undefined ? null : { input: latest.input, cachedInput: latest.cachedInput ?? latest.input, output: latest.output };
}
