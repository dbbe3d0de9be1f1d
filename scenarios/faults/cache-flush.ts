import { z } from "zod";
import { momentFields, momentOf, plannerOf } from "./fault-planner.ts";
import { componentsAt, siteSchema, siteText } from "./sites.ts";

const schema = z.strictObject({
  kind: z.literal("cache_flush"),
  target: siteSchema.prefault({ role: "gateway" }).describe("Which gateway"),
  ...momentFields,
}).describe("The answer cache is emptied: what it served goes to the providers at once");

/** The answer cache is emptied: what it served goes to the providers at once. */
export const cacheFlush = plannerOf(schema, (fault, context) => [
  {
    name: "cache-flush",
    title: `The answer cache of ${siteText(fault.target)} is emptied`,
    span: momentOf(fault.fromMs, context),
    target: { components: componentsAt(fault.target, "cache_flush", context).map(({ id }) => id), links: [] },
    signature: { causes: ["error", "late", "truncated"], statuses: [429, 503] },
    settings: {},
  },
]);
