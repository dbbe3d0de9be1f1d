import { z } from "zod";
import { checkSpan, notApplicable, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { siteText } from "./sites.ts";

/** Every link to the dependency: cut, or slowed by `slowMs` each way. */
export interface DependencySettings {
  readonly state: "down" | "slow";
  readonly slowMs: number;
}

const dependencies = ["store", "vault", "collector"] as const;

const schema = z
  .strictObject({
    kind: z.literal("dependency"),
    role: z.enum(dependencies).describe("What the gateway depends on"),
    region: z.int().min(1).optional().describe("Of the stack, from 1; all if not given"),
    state: z.enum(["down", "slow"]).describe("down: out of reach; slow: answers slowMs late"),
    slowMs: z.int().min(1).default(2_000).describe("Of slow: added to each answer"),
    ...spanFields,
  })
  .superRefine(checkSpan).describe("What the gateway depends on, store, vault or collector, is out of reach or answers late");

/** The store, the vault or the collector is out of reach, or answers late. */
export const dependency = plannerOf(schema, (fault, context) => {
  const { role, region, state, slowMs } = fault;
  const what = siteText({ role, region, replica: "all" });
  const regions = [...new Set(context.topology.components.filter((component) => component.role === role).map((component) => component.region))];
  const ids = new Set(
    context.topology.components.filter((component) => component.role === role && (region === undefined || component.region === regions[region - 1])).map(({ id }) => id),
  );
  if (ids.size === 0) throw notApplicable(`dependency ${role}`, `it has no ${role}`);
  const links = context.topology.links.filter(({ to }) => ids.has(to)).map(({ id }) => id);
  return [
    {
      name: `${role}-${state}`,
      title: state === "down" ? `${what} is down`.replace(/^t/, "T") : `${what} answers ${slowMs} ms late`.replace(/^t/, "T"),
      span: spanOf(fault, context),
      target: { components: [...ids], links },
      signature: { causes: ["error", "late", "truncated"], statuses: [429, 500, 502, 503, 504] },
      settings: { state, slowMs } satisfies DependencySettings,
    },
  ];
});
