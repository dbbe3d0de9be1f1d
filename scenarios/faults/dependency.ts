import { z } from "zod";
import { checkSpan, notApplicable, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { roleText, siteText } from "./sites.ts";

/** Every link to the dependency: cut, or slowed by `slowMs` each way. Sealed: the vaults themselves. */
export interface DependencySettings {
  readonly state: "down" | "slow" | "sealed";
  readonly slowMs: number;
}

const dependencies = ["control", "vault", "store", "collector"] as const;

const schema = z
  .strictObject({
    kind: z.literal("dependency"),
    role: z.enum(dependencies).describe("What the gateway depends on"),
    region: z.int().min(1).optional().describe("Of the stack, from 1; all if not given"),
    state: z.enum(["down", "slow", "sealed"]).describe("down: out of reach; slow: answers slowMs late; sealed, of a vault: an operator sealed it, and it gives no key away"),
    slowMs: z.int().min(1).default(2_000).describe("Of slow: added to each answer"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    if (fault.state === "sealed" && fault.role !== "vault") context.addIssue({ code: "custom", path: ["state"], message: "Only a vault is sealed" });
    checkSpan(fault, context);
  })
  .describe("What the gateway depends on, control plane, vault, store or collector, is out of reach, answers late, or is sealed");

const predicates = { down: () => "is down", slow: (slowMs: number) => `answers ${slowMs} ms late`, sealed: () => "is sealed" } as const;

/** The control plane, the vault, the store or the collector is out of reach, answers late, or is sealed. */
export const dependency = plannerOf(schema, (fault, context) => {
  const { role, region, state, slowMs } = fault;
  const what = siteText({ role, region, replica: "all" });
  const regions = [...new Set(context.topology.components.filter((component) => component.role === role).map((component) => component.region))];
  const ids = new Set(
    context.topology.components.filter((component) => component.role === role && (region === undefined || component.region === regions[region - 1])).map(({ id }) => id),
  );
  if (ids.size === 0) throw notApplicable(`dependency ${role}`, `it has no ${roleText(role)}`);
  const links = state === "sealed" ? [] : context.topology.links.filter(({ to }) => ids.has(to)).map(({ id }) => id);
  return [
    {
      name: `${role}-${state}`,
      title: `${what} ${predicates[state](slowMs)}`.replace(/^t/, "T"),
      span: spanOf(fault, context),
      // A dead vault cannot be sealed, nor unsealed.
      ...(state === "sealed" && { exclusive: { afterMs: 0 } }),
      target: { components: [...ids], links },
      signature: { causes: ["error", "late", "truncated"], statuses: [429, 500, 502, 503, 504] },
      settings: { state, slowMs } satisfies DependencySettings,
    },
  ];
});
