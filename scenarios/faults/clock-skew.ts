import { z } from "zod";
import { checkSpan, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { componentsAt, siteSchema, siteText } from "./sites.ts";

/** How far the wall clock of every component of the target is off. */
export interface ClockSkewSettings {
  readonly offsetMs: number;
}

const schema = z
  .strictObject({
    kind: z.literal("clock_skew"),
    target: siteSchema.prefault({ role: "gateway" }).describe("Which gateway"),
    offsetMs: z.int().describe("Added to the true time; negative: it is behind"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    checkSpan(fault, context);
    if (fault.offsetMs === 0) context.addIssue({ code: "custom", path: ["offsetMs"], message: "A clock that is right is no fault" });
  })
  .describe("A gateway's wall clock is wrong, and set right again: windows of limits, cache lifetimes and logs go by it");

/** Timers do not go by the wall clock, so deadlines hold. */
export const clockSkew = plannerOf(schema, (fault, context) => [
  {
    name: "clock-skew",
    title: `The clock of ${siteText(fault.target)} is ${Math.abs(fault.offsetMs)} ms ${fault.offsetMs > 0 ? "ahead" : "behind"}`,
    span: spanOf(fault, context),
    target: { components: componentsAt(fault.target, "clock_skew", context).map(({ id }) => id), links: [] },
    signature: { causes: ["error"], statuses: [429, 503] },
    settings: { offsetMs: fault.offsetMs } satisfies ClockSkewSettings,
  },
]);
