import type { z } from "zod";
import { utcMs } from "../../kernel/calendar.ts";
import type { Price, PriceTable, Rates } from "../core/cost/price.ts";
import type { pricesSchema } from "./governance-schema.ts";

/** Prices as a config file gives them: by model, one price or several one after the other. */
export type PriceSettings = z.output<typeof pricesSchema>;
export type PriceEntry = Exclude<PriceSettings[string], readonly unknown[]>;

const DAY_MS = 86_400_000;

/** Prices as the core reads them: each from the end of the one before until its own last day has passed. */
export function priceTable(models: PriceSettings): PriceTable {
  return Object.fromEntries(Object.entries(models).map(([model, entry]) => [model, periodsOf([entry].flat())]));
}

function periodsOf(entries: readonly PriceEntry[]): Price[] {
  let fromMs = -Infinity;
  return entries.map(({ above, tiers, until, ...entry }) => {
    const toMs = until === undefined ? Infinity : endOfDayMs(until);
    const price = {
      fromMs,
      toMs,
      ...ratesOf(entry),
      ...(above !== undefined && { above: { ...ratesOf(above), inputTokens: above.inputTokens } }),
      ...(tiers !== undefined && { tiers }),
    };
    fromMs = toMs;
    return price;
  });
}

type RateSettings = Pick<PriceEntry, "input" | "cachedInput" | "cacheWrite" | "cacheWriteHour" | "output">;

function ratesOf({ input, cachedInput = input, cacheWrite = input, cacheWriteHour, output }: RateSettings): Rates {
  return { input, cachedInput, cacheWrite, ...(cacheWriteHour !== undefined && { cacheWriteHour }), output };
}

/** `isoDate` has passed the schema: it is a date that the calendar has. */
function endOfDayMs(isoDate: string): number {
  const [year, month, day] = isoDate.split("-").map(Number) as [number, number, number];
  return utcMs({ year, month, day, hour: 0, minute: 0, second: 0 })! + DAY_MS;
}
