import { z } from "zod";
import type { FaultSignature } from "../../kernel/fault.ts";
import { configChanges, type ConfigChange, type ConfigEdit } from "./config-change.ts";
import { prose } from "../string-uses.ts";
import { checkSpan, notApplicable, plannerOf, spanFields, spanOf } from "./fault-planner.ts";

/**
 * Who is given the changed configuration: the control planes of the region, or, where it has none, its gateways
 * themselves.
 */
export interface ConfigPushSettings extends ConfigEdit {
  readonly force: boolean;
  readonly to: readonly string[];
}

const schema = z
  .strictObject({
    kind: z.literal("config_push"),
    change: z
      .enum(configChanges as [ConfigChange, ...ConfigChange[]])
      .describe(
        "swapped_providers: the first two deployments answer for each other; unknown_setting: a section for telemetry that is in no schema; too_big: 500 more routes; older_version: version 1, with models that are gone; unknown_deployment: fits the schema, and no loader takes it; blank_field: deployments without a model; kill_switch: a limit of one request a day for every team; bad_code: code that fails six in ten of the teams' requests; drifted_code: code that gives a field of its streams another name; newer_code: written for a version of the gateway's code that the gateways do not have; new_prompt: another text for a registered prompt",
      ),
    prompt: z.string().min(1).optional().describe("Of new_prompt: one of systemPrompts"),
    text: prose.min(1).optional().describe("Of new_prompt: its new system message"),
    region: z.int().min(1).default(1).describe("Of the stack, from 1"),
    force: z.boolean().default(false).describe("Pushed with --force; where nobody asks, it makes no difference"),
    ...spanFields,
  })
  .superRefine((fault, context) => {
    checkSpan(fault, context);
    const isPrompt = fault.change === "new_prompt";
    for (const field of ["prompt", "text"] as const) {
      if (isPrompt && fault[field] === undefined) context.addIssue({ code: "custom", path: [field], message: "new_prompt needs prompt and text" });
      if (!isPrompt && fault[field] !== undefined) context.addIssue({ code: "custom", path: [field], message: "Only new_prompt has it" });
    }
    if (fault.start !== undefined) context.addIssue({ code: "custom", path: ["start"], message: "A push has its time: give fromMs and lengthMs" });
  })
  .describe("An operator pushes a bad configuration to a region: to its control plane, or, where it has none, into each gateway's file, with a restart. It is taken back at the end");

const titles: Record<ConfigChange, string> = {
  swapped_providers: "with two providers swapped",
  unknown_setting: "with a section that is in no schema",
  too_big: "that is too big",
  older_version: "of an older version, whose models are gone",
  unknown_deployment: "with a route to a deployment that is not there",
  blank_field: "with blank fields",
  kill_switch: "with a kill switch for every team",
  new_prompt: "with another prompt",
  bad_code: "with code that fails what users ask",
  drifted_code: "with code that renames a field of its streams",
  newer_code: "that needs newer code",
};

const wrongProvider: Partial<FaultSignature> = { causes: ["wrong"], wrong: ["wrong_provider", "wrong_model"] };
const signatures: Record<ConfigChange, Partial<FaultSignature>> = {
  swapped_providers: wrongProvider,
  unknown_setting: {},
  too_big: {},
  older_version: { causes: ["error"], statuses: [404, 502, 503] },
  unknown_deployment: {},
  blank_field: {},
  kill_switch: { causes: ["error"], statuses: [429] },
  new_prompt: { causes: ["truncated"] },
  bad_code: { causes: ["error"], statuses: [500] },
  drifted_code: { ends: ["complete"], causes: ["truncated"] },
  newer_code: {},
};

/** Of a gateway that is started again, and of one that does not start. */
const restart: Partial<FaultSignature> = { ends: ["refused", "reset", "closed_early", "connect_timeout", "timeout"], causes: ["error", "truncated", "late"], statuses: [502, 503, 504], unlogged: true };

/** What the change does and what the restart for it does. */
const both = (field: "ends" | "causes" | "statuses", own: Partial<FaultSignature>) => ({ [field]: [...new Set([...(own[field] ?? []), ...(restart[field] ?? [])])] });

/** A bad configuration, pushed by a person's mistake. */
export const configPush = plannerOf(schema, ({ change, region, force, prompt, text, ...span }, context) => {
  const { components } = context.topology;
  const gateways = components.filter(({ role }) => role === "gateway");
  const name = [...new Set(gateways.map((component) => component.region))][region - 1];
  if (name === undefined) throw notApplicable(`config_push ${change}`, `it has no region ${region}`);
  const here = (role: string) => components.filter((component) => component.role === role && component.region === name).map(({ id }) => id);
  const [controls, planes] = [here("control"), here("gateway")];
  const isStaged = controls.length > 0;
  const own = signatures[change];
  return [
    {
      name: `push-${change.replace("_", "-")}`,
      title: `Region ${region} is pushed a configuration ${titles[change]}${force ? ", forced" : ""}`,
      span: spanOf(span, context),
      ...(!isStaged && { exclusive: { afterMs: context.bootMs }, starts: true }),
      target: { components: [...controls, ...planes], links: [] },
      signature: isStaged ? { ...own, byPackage: true } : { ...own, ...restart, byPackage: true, ...both("ends", own), ...both("causes", own), ...both("statuses", own) },
      settings: { change, ...(prompt !== undefined && text !== undefined && { prompt: { name: prompt, text } }), force, to: isStaged ? controls : planes } satisfies ConfigPushSettings,
    },
  ];
});
