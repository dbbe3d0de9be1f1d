import { z } from "zod";
import type { ClientEnd } from "../../kernel/request-ends.ts";
import { checkSpan, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { checkLink, linkFields, linkName, linkSiteOf, titleOfLink } from "./network-link.ts";
import { linksAt } from "./sites.ts";

/** Attributes that each toxic knows, as Toxiproxy names them (its README, "Toxics"). */
export const toxicAttributes = {
  latency: ["latency", "jitter"],
  bandwidth: ["rate"],
  slow_close: ["delay"],
  timeout: ["timeout"],
  reset_peer: ["timeout"],
  slicer: ["average_size", "size_variation", "delay"],
  limit_data: ["bytes"],
} as const satisfies Record<string, readonly string[]>;

export type ToxicName = keyof typeof toxicAttributes;

/** One toxic, on every link of the fault's target. */
export interface ToxicSettings {
  readonly toxic: ToxicName;
  readonly stream: "upstream" | "downstream";
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, number>>;
}

const schema = z
  .strictObject({
    kind: z.literal("toxic"),
    ...linkFields,
    toxic: z.enum(Object.keys(toxicAttributes) as [ToxicName, ...ToxicName[]]).describe("As Toxiproxy names them"),
    stream: z.enum(["upstream", "downstream"]).default("downstream").describe("upstream: on requests; downstream: on answers"),
    toxicity: z.number().min(0).max(1).default(1).describe("Share of the connections"),
    attributes: z.record(z.string(), z.number()).default({}).describe("By the toxic: latency has latency and jitter, ms; docs/faults.md has the others"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    checkLink(fault, context);
    checkSpan(fault, context);
    const known: readonly string[] = toxicAttributes[fault.toxic];
    for (const key of Object.keys(fault.attributes)) {
      if (known.includes(key)) continue;
      context.addIssue({ code: "custom", path: ["attributes", key], message: `Toxic ${fault.toxic} has ${known.join(", ")}` });
    }
  }).describe("A toxic of Toxiproxy on the links to a deployment, or between any two components");

/** How a connection can end by a toxic. Those that only delay do not break it: who waits gives up. */
const ends: Readonly<Record<ToxicName, readonly ClientEnd[]>> = {
  latency: ["timeout"],
  bandwidth: ["timeout"],
  slow_close: ["timeout"],
  slicer: ["timeout"],
  timeout: ["timeout", "reset", "closed_early"],
  reset_peer: ["reset", "closed_early"],
  limit_data: ["reset", "closed_early"],
};
const breaking: ReadonlySet<ToxicName> = new Set<ToxicName>(["timeout", "limit_data"]);

/** A toxic of Toxiproxy on one link or several. */
export const toxic = plannerOf(schema, (fault, context) => {
  const { toxic: name, stream, toxicity, attributes } = fault;
  const figures = Object.entries(attributes).map(([key, value]) => `${key} ${value}`);
  const title = `${name} ${stream} on ${titleOfLink(fault)}${figures.length === 0 ? "" : `: ${figures.join(", ")}`}`;
  const links = linksAt(linkSiteOf(fault), `toxic ${name}`, context).map(({ id }) => id);
  return [
    {
      name: `${name}-${linkName(fault)}`,
      title,
      span: spanOf(fault, context),
      target: { components: [], links },
      signature: { ends: ends[name], causes: ["error", "truncated", "late"], unlogged: name === "reset_peer" || (breaking.has(name) && stream === "upstream") },
      settings: { toxic: name, stream, toxicity, attributes } satisfies ToxicSettings,
    },
  ];
});
