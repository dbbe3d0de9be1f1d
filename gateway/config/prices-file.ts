import { z } from "zod";
import { pricesSchema } from "./governance-schema.ts";

const text = z.string().min(1);

/**
 * The list of built-in prices, `gateway/prices.yaml`: every price names one of the sources. Whoever reads the file
 * passes its models to `resolveGatewayConfig`.
 */
export const pricesFileSchema = z
  .strictObject({
    currency: z.literal("USD"),
    perTokens: z.literal(1_000_000),
    sources: z.record(text, z.strictObject({ name: text, url: z.url(), date: z.iso.date() })),
    models: pricesSchema,
  })
  .superRefine(({ sources, models }, context) => {
    for (const [model, entry] of Object.entries(models)) {
      const isSourced = [entry].flat().every(({ source }) => source !== undefined && Object.hasOwn(sources, source));
      if (!isSourced) context.addIssue({ code: "custom", path: ["models", model], message: "Expected the name of one of the sources with each price" });
    }
  });
