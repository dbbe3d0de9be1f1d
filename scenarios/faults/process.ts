import { z } from "zod";
import { checkSpan, momentOf, notApplicable, plannerOf, spanFields, spanOf } from "./fault-planner.ts";
import { componentsOfSite, siteOrRegionSchema, siteOrRegionText } from "./sites.ts";

/** What is done to every component of the fault's target. */
export interface ProcessSettings {
  readonly action: "kill" | "pause" | "restart" | "memory_limit";
  /** Of `memory_limit`: the heap that it may use, MB. */
  readonly memoryMb?: number;
}

const schema = z
  .strictObject({
    kind: z.literal("process"),
    action: z.enum(["kill", "pause", "restart", "memory_limit"]).describe("kill: dead until the fault ends, then started again; pause: SIGSTOP, silent; restart: killed and started at once; memory_limit: started again with a small heap"),
    target: siteOrRegionSchema.describe("Which processes"),
    memoryMb: z.int().min(32).optional().describe("Of memory_limit"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    if (fault.action === "restart") {
      if (fault.lengthMs !== undefined || fault.start !== undefined) context.addIssue({ code: "custom", path: ["lengthMs"], message: "A restart is momentary: it has no length" });
    } else checkSpan(fault, context);
    if ((fault.action === "memory_limit") !== (fault.memoryMb !== undefined)) context.addIssue({ code: "custom", path: ["memoryMb"], message: "memory_limit has memoryMb, and no other action has" });
  }).describe("A process is killed, stopped, restarted, or given little memory");

const titles = { kill: "killed", pause: "stopped (SIGSTOP), silent", restart: "killed and started again", memory_limit: "started again with a memory limit" } as const;

/** A process that dies, falls silent, or comes back. Its clients see refused connections, resets, or nothing at all. */
export const process = plannerOf(schema, (fault, context) => {
  const components = componentsOfSite(fault.target, `process ${fault.action}`, context);
  const external = components.find(({ role }) => role === "client");
  if (external !== undefined) throw notApplicable(`process ${fault.action}`, "clients are the lab's own load, which no fault stops");
  const span = fault.action === "restart" ? momentOf(fault.fromMs, context) : spanOf(fault, context);
  return [
    {
      name: `${fault.action.replace("_", "-")}-${nameOf(fault.target)}`,
      title: `${capital(siteOrRegionText(fault.target))} ${titles[fault.action]}`,
      span,
      exclusive: { afterMs: fault.action === "pause" ? 0 : context.bootMs },
      target: { components: components.map(({ id }) => id), links: [] },
      signature: {
        ends: fault.action === "pause" ? ["timeout", "connect_timeout", "reset", "closed_early"] : ["refused", "reset", "closed_early", "connect_timeout", "timeout"],
        causes: ["error", "truncated", "late"],
        statuses: [502, 503, 504],
        unlogged: true,
      },
      settings: { action: fault.action, ...(fault.memoryMb === undefined ? {} : { memoryMb: fault.memoryMb }) } satisfies ProcessSettings,
    },
  ];
});

const nameOf = (site: z.infer<typeof siteOrRegionSchema>) => ("role" in site ? (site.deployment ?? site.role) : `region-${site.region}`);
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
