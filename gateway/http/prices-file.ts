import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import type { Price, PriceTable } from "../core/cost/price.ts";
import { priceFileSchema, type pricesSchema } from "./governance-schema.ts";

const DAY_MS = 86_400_000;

let builtin: PriceTable | null = null;

/** The prices of `gateway/prices.yaml`, read once. Throws where that file is damaged: it is part of the program. */
export function builtinPrices(): PriceTable {
  builtin ??= parsePrices(readFileSync(new URL("../prices.yaml", import.meta.url), "utf8"));
  return builtin;
}

/** Throws where a price names a source that is not there, or none. */
export function parsePrices(source: string): PriceTable {
  const { sources, models } = priceFileSchema.parse(parse(source));
  for (const [model, entry] of Object.entries(models)) {
    const unsourced = [entry].flat().find((price) => price.source === undefined || !Object.hasOwn(sources, price.source));
    if (unsourced !== undefined) throw new Error(`Cannot use the price of "${model}": its source "${unsourced.source ?? ""}" is not among the sources`);
  }
  return pricesOf(models);
}

/** Prices as the core wants them: each from the end of the one before until its own last day has passed. */
export function pricesOf(models: z.infer<typeof pricesSchema>): PriceTable {
  return Object.fromEntries(Object.entries(models).map(([model, entry]) => [model, periodsOf([entry].flat())]));
}

function periodsOf(entries: readonly Exclude<z.infer<typeof pricesSchema>[string], readonly unknown[]>[]): Price[] {
  let fromMs = -Infinity;
  return entries.map(({ input, cachedInput = input, cacheWrite = input, output, until }) => {
    const toMs = until === undefined ? Infinity : Date.parse(until) + DAY_MS;
    const price = { fromMs, toMs, input, cachedInput, cacheWrite, output };
    fromMs = toMs;
    return price;
  });
}
