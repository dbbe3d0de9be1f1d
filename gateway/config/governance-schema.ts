import { z } from "zod";
import { prose, reference } from "./schema-parts.ts";
import { gatewayStringUses } from "./string-uses.ts";

/** Where windows are counted. `memory`: each process on its own. */
export type StoreConfig =
  | { readonly kind: "memory" }
  | {
      readonly kind: "redis";
      readonly url: string;
      /** A reference that `Secrets` can read; null: no password. */
      readonly credential: string | null;
      /** This process's share of every allowance while Redis does not answer, 0..1; with n gateways, 1/n. */
      readonly localShare: number;
    };

const count = z.number().int().min(1);
const name = z.string().min(1);
const amount = z.number().min(0);

export const storeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("memory") }),
  z.strictObject({
    kind: z.literal("redis"),
    url: z
      .url({ protocol: /^rediss?$/, error: "Expected a redis or rediss URL" })
      .refine((url) => !/^\w+:\/\/[^/]*@/.test(url), "A password does not belong in a config: name it by credential")
      .register(gatewayStringUses, { use: "target" })
      .describe("Where Redis is, without a password"),
    credential: reference.nullable().default(null).describe("Reference to its password; null: none"),
    localShare: z.number().min(0).max(1).default(0.5).describe("This process's share of every allowance while Redis does not answer; with n gateways, 1/n"),
  }),
]);

export const limitsSchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        team: name.describe("Whose; `*`: every team, each on its own"),
        windowMs: count.describe("Of the wall clock: 86400000 is a UTC day"),
        requests: count.exactOptional().describe("Most requests in a window"),
        tokens: count.exactOptional().describe("Most tokens in a window, in and out"),
        usd: z.number().positive().exactOptional().describe("Most US dollars in a window"),
      }),
    )
    .min(1)
    .describe("All that apply to a team must allow a request"),
  outputTokensDefault: count.default(1_024).describe("`max_tokens` of a request under a token or money limit that names none"),
  regionShare: z.number().gt(0).max(1).default(1).describe("This region's part of every allowance: with n regions, 1/n. It grows while the region's own edge reports that others are out"),
  storeMs: count.default(25).describe("So long a request waits for the store"),
});

export const sheddingSchema = z.strictObject({
  low: amount.max(1).exactOptional().describe("From which share of `concurrencyMax` requests of low priority are refused; absent: only when it is full"),
  normal: amount.max(1).exactOptional().describe("The same for normal priority"),
  high: amount.max(1).exactOptional().describe("The same for high priority"),
});

/** US dollars for a million tokens. A cache price that is left out equals the input price. */
const rates = {
  input: amount.describe("US dollars for a million tokens"),
  cachedInput: amount.exactOptional().describe("Read from the provider's prompt cache; absent: as `input`"),
  cacheWrite: amount.exactOptional().describe("Written to it; absent: as `input`"),
  cacheWriteHour: amount.exactOptional().describe("Written to it for an hour; absent: as `cacheWrite`"),
  output: amount.describe("US dollars for a million tokens, thoughts included"),
};

const priceSchema = z.strictObject({
  ...rates,
  above: z.strictObject({ inputTokens: count.describe("More input than this"), ...rates }).exactOptional().describe("What all of a request costs whose input is larger"),
  tiers: z.record(name, amount).exactOptional().describe("Factors of service tiers, `{ priority: 2, flex: 0.5 }`; the cost of another one is unknown"),
  until: z.iso.date().exactOptional().describe("The last day (UTC) on which it holds"),
  source: prose.min(1).exactOptional().describe("Where it was read"),
});

/**
 * One price, or several in order of time: in another order one of them would hold for ever, and its successor never.
 */
export const pricesSchema = z.record(
  name,
  z.union([priceSchema, z.array(priceSchema).min(1)]).refine(
    (prices) => isInOrder([prices].flat()),
    "Expected the earliest price first, each but the last with the day until which it holds",
  ),
);

/** ISO dates sort as texts. */
function isInOrder(prices: readonly z.infer<typeof priceSchema>[]): boolean {
  return prices.slice(1).every(({ until = "\uffff" }, index) => (prices[index]!.until ?? "\uffff") < until);
}

export const costSchema = z.strictObject({
  unknownModel: z.enum(["flag", "error"]).default("flag").describe("A model without a price: `flag` reports its cost as unknown, `error` refuses the configuration"),
  prices: pricesSchema.default({}).describe("By model; several in order of time. They come before the built-in ones"),
});
