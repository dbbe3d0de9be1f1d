import { z } from "zod";
import type { FaultSignature } from "../../kernel/fault.ts";
import { checkSpan, momentOf, notApplicable, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { componentsOfSite, siteOrRegionSchema, siteOrRegionText } from "./sites.ts";

const actions = ["kill", "pause", "restart", "memory_limit", "roll"] as const;
type ProcessAction = (typeof actions)[number];

/** What is done to every component of the fault's target. */
export interface ProcessSettings {
  readonly action: ProcessAction;
  /** Of `memory_limit`: the heap that it may use, MB. */
  readonly memoryMb?: number;
}

const schema = z
  .strictObject({
    kind: z.literal("process"),
    action: z
      .enum(actions)
      .describe(
        "kill: dead until the fault ends, then started again; pause: SIGSTOP, silent; restart: killed and started at once; memory_limit: started again with a small heap; roll: as a deploy does, stopped in good order and started again, one after the other",
      ),
    target: siteOrRegionSchema.describe("Which processes"),
    memoryMb: z.int().min(32).optional().describe("Of memory_limit"),
    everyMs: z.int().min(1_000).optional().describe("Of roll: from one process to the next"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    if (isMomentary(fault.action)) {
      if (fault.lengthMs !== undefined || fault.start !== undefined) context.addIssue({ code: "custom", path: ["lengthMs"], message: "A restart is momentary: it has no length" });
    } else checkSpan(fault, context);
    if ((fault.action === "memory_limit") !== (fault.memoryMb !== undefined)) context.addIssue({ code: "custom", path: ["memoryMb"], message: "memory_limit has memoryMb, and no other action has" });
    if ((fault.action === "roll") !== (fault.everyMs !== undefined)) context.addIssue({ code: "custom", path: ["everyMs"], message: "roll has everyMs, and no other action has" });
  }).describe("A process is killed, stopped, restarted, or given little memory");

const silentEnds: FaultSignature["ends"] = ["timeout", "connect_timeout", "reset", "closed_early"];
const deadEnds: FaultSignature["ends"] = ["refused", "reset", "closed_early", "connect_timeout", "timeout"];

const isMomentary = (action: ProcessAction) => action === "restart" || action === "roll";

const titles = { kill: "killed", pause: "stopped (SIGSTOP), silent", restart: "killed and started again", memory_limit: "started again with a memory limit", roll: "stopped and started again by a deploy" } as const;

/** A process that dies, falls silent, or comes back. Its clients see refused connections, resets, or nothing at all. */
export const process = plannerOf(schema, (fault, context) => {
  const components = componentsOfSite(fault.target, `process ${fault.action}`, context);
  const external = components.find(({ role }) => role === "client");
  if (external !== undefined) throw notApplicable(`process ${fault.action}`, "clients are the lab's own load, which no fault stops");
  const { action, fromMs, everyMs, memoryMb } = fault;
  const signature = {
    ends: action === "pause" ? silentEnds : deadEnds,
    causes: ["error", "truncated", "late"],
    statuses: [502, 503, 504],
    unlogged: true,
  } satisfies Partial<FaultSignature>;
  const starts = action !== "pause";
  const common = { exclusive: { afterMs: starts ? context.bootMs : 0 }, starts, signature, settings: { action, ...(memoryMb !== undefined && { memoryMb }) } satisfies ProcessSettings };
  if (everyMs !== undefined) {
    return components.map(({ id }, index) => ({ ...common, name: `roll-${id}`, title: `${capital(id)} ${titles.roll}`, span: momentOf(fromMs + index * everyMs, context), target: { components: [id], links: [] } }));
  }
  return [
    {
      ...common,
      name: `${action.replace("_", "-")}-${nameOf(fault.target)}`,
      title: `${capital(siteOrRegionText(fault.target))} ${titles[action]}`,
      span: isMomentary(action) ? momentOf(fromMs, context) : spanOf(fault, context),
      target: { components: components.map(({ id }) => id), links: [] },
    },
  ];
});

const nameOf = (site: z.infer<typeof siteOrRegionSchema>) => ("role" in site ? (site.deployment ?? site.role) : `region-${site.region}`);
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
