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
      .register(gatewayStringUses, { use: "target" }),
    credential: reference.nullable().default(null),
    localShare: z.number().min(0).max(1).default(0.5),
  }),
]);

export const limitsSchema = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        team: name,
        windowMs: count,
        requests: count.exactOptional(),
        tokens: count.exactOptional(),
        usd: z.number().positive().exactOptional(),
      }),
    )
    .min(1),
  outputTokensDefault: count.default(1_024),
  storeMs: count.default(25),
});

export const sheddingSchema = z.strictObject({
  low: amount.max(1).exactOptional(),
  normal: amount.max(1).exactOptional(),
  high: amount.max(1).exactOptional(),
});

/** US dollars for a million tokens. A cache price that is left out equals the input price. */
const rates = {
  input: amount,
  cachedInput: amount.exactOptional(),
  cacheWrite: amount.exactOptional(),
  /** Left out: as `cacheWrite`. */
  cacheWriteHour: amount.exactOptional(),
  output: amount,
};

const priceSchema = z.strictObject({
  ...rates,
  /** What all of a request costs whose input is larger than `inputTokens`. */
  above: z.strictObject({ inputTokens: count, ...rates }).exactOptional(),
  /** Factors of service tiers: `{ priority: 2, flex: 0.5 }`. The cost of another tier than the standard one is otherwise unknown. */
  tiers: z.record(name, amount).exactOptional(),
  /** The last day (UTC) on which it holds. */
  until: z.iso.date().exactOptional(),
  source: prose.min(1).exactOptional(),
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
  unknownModel: z.enum(["flag", "error"]).default("flag"),
  prices: pricesSchema.default({}),
});
