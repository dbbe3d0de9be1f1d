import { z } from "zod";
import { checkSpan, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { componentsAt, siteSchema, siteText } from "./sites.ts";
import { notApplicable } from "./fault-planner.ts";

const schema = z
  .strictObject({
    kind: z.literal("partition"),
    between: z.array(siteSchema).min(1).describe("One side"),
    and: z.array(siteSchema).min(1).describe("The other side; no byte passes between the two, in either direction"),
    ...spanFields,
  })
  .superRefine(checkSpan).describe("No byte passes between two sets of components: connections stay open and silent");

/**
 * No byte passes between two sets of components: connections stay open and silent, as in a network that drops packets.
 */
export const partition = plannerOf(schema, (fault, context) => {
  const idsOf = (sites: (typeof fault)["between"]) => new Set(sites.flatMap((site) => componentsAt(site, "a partition", context).map(({ id }) => id)));
  const [one, other] = [idsOf(fault.between), idsOf(fault.and)];
  const links = context.topology.links.filter(({ from, to }) => (one.has(from) && other.has(to)) || (other.has(from) && one.has(to)));
  const sides = [fault.between, fault.and].map((sites) => sites.map(siteText).join(" and ")).join(" from ");
  if (links.length === 0) throw notApplicable("a partition", `no link leads between the two sides: ${sides}`);
  return [
    {
      name: "partition",
      title: `Partition: ${sides}`,
      span: spanOf(fault, context),
      target: { components: [], links: links.map(({ id }) => id) },
      signature: { ends: ["timeout", "connect_timeout", "reset", "closed_early"], causes: ["error", "truncated", "late"], unlogged: true },
      settings: {},
    },
  ];
});
