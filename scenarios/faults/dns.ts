import { z } from "zod";
import { checkSpan, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { checkLink, linkFields, linkName, linkSiteOf, titleOfLink } from "./network-link.ts";
import { linksAt } from "./sites.ts";

/** What the dialler's look-up gives for every link of the target. */
export interface DnsSettings {
  readonly answer: "nxdomain" | "timeout" | "stale";
}

const schema = z
  .strictObject({
    kind: z.literal("dns"),
    ...linkFields,
    answer: z.enum(["nxdomain", "timeout", "stale"]).describe("No such name; no answer; an address without a listener"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    checkLink(fault, context);
    checkSpan(fault, context);
  }).describe("The name at the far end of a link does not resolve, or to the wrong address");

const titles = { nxdomain: "Name not found", timeout: "Name look-up times out", stale: "Name resolves to a stale address" } as const;

/** The name of a link's far end does not resolve as it should. Connections that are open go on. */
export const dns = plannerOf(schema, (fault, context) => [
  {
    name: `dns-${linkName(fault)}`,
    title: `${titles[fault.answer]} on ${titleOfLink(fault)}`,
    span: spanOf(fault, context),
    target: { components: [], links: linksAt(linkSiteOf(fault), "dns", context).map(({ id }) => id) },
    signature: { ends: ["refused", "connect_timeout", "timeout"], causes: ["error", "late", "truncated"], unlogged: true },
    settings: { answer: fault.answer } satisfies DnsSettings,
  },
]);
