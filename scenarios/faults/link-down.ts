import { z } from "zod";
import { checkSpan, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { checkLink, linkFields, linkName, linkSiteOf, titleOfLink } from "./network-link.ts";
import { linksAt } from "./sites.ts";

const schema = z.strictObject({ kind: z.literal("link_down"), ...linkFields, ...spanFields }).superRefine((fault, context) => {
  checkLink(fault, context);
  checkSpan(fault, context);
}).describe("Links that refuse connections; those that are open are closed");

/** A link that refuses connections; those that are open are closed. */
export const linkDown = plannerOf(schema, (fault, context) => [
  {
    name: `down-${linkName(fault)}`,
    title: `Connection refused on ${titleOfLink(fault)}`,
    span: spanOf(fault, context),
    target: { components: [], links: linksAt(linkSiteOf(fault), "link_down", context).map(({ id }) => id) },
    signature: { ends: ["refused", "reset", "closed_early"], causes: ["error", "truncated", "late"], unlogged: true },
    settings: {},
  },
]);
