import { z } from "zod";
import { endpoints } from "../kernel/endpoints.ts";
import { knownProviders } from "./providers.ts";
import { prose } from "./string-uses.ts";

/** What an incident hit, as the planner reads it. The prose of `scope` and `selectivity` is for people. */
const names = z.array(z.string().min(1)).min(1);
const basis = z.enum(["reported", "estimated"]);

/** What users of a provider touch. */
export const surfaces = ["api", "web", "login", "console", "product", "gateway", "control-plane", "edge"] as const;

export type Surface = (typeof surfaces)[number];

/** What a simulator serves. An incident that hit neither did not hit the API. */
export const servedSurfaces: readonly Surface[] = ["api", "gateway"];

/** Part of a provider's requests. Every field that is given must match; `*` in a name stands for any run of characters. */
const part = {
  /** Names of models, as requests give them. */
  models: names.optional(),
  endpoints: z.array(z.enum(endpoints)).min(1).optional(),
  /** Regions of the provider, or of the cloud. */
  regions: names.optional(),
  tiers: names.optional(),
  stream: z.boolean().optional(),
  newConnectionsOnly: z.literal(true).optional(),
  /**
   * The failures fall on the same clients all the time: this share of them, or more where the phase's rate is higher. The phase's rates stay
   * shares of all requests in scope.
   */
  stickyClientShare: z.number().gt(0).max(1).optional(),
};

/** A phase may narrow the incident's target: what it gives replaces the incident's. */
export const phaseTargetSchema = z.strictObject({ ...part, basis: z.record(z.string(), basis) }).superRefine(checkBasis);

export const incidentTargetSchema = z
  .strictObject({
    /** Whose simulators play it; none for an incident that no provider's API showed. */
    providers: z.array(z.enum(knownProviders)),
    surfaces: z.array(z.enum(surfaces)).min(1),
    ...part,
    /** A remark for the reader. */
    note: prose.min(1).optional(),
    basis: z.record(z.string(), basis),
  })
  .superRefine(checkBasis);

export type IncidentTarget = z.infer<typeof incidentTargetSchema>;
export type PhaseTarget = z.infer<typeof phaseTargetSchema>;

/** Every field has a basis, reported or estimated, and nothing else has. */
function checkBasis(value: { readonly basis: Readonly<Record<string, unknown>> }, context: { addIssue(issue: { code: "custom"; path: string[]; message: string }): void }): void {
  const fields = Object.keys(value).filter((key) => key !== "basis" && key !== "note");
  for (const field of fields) {
    if (!(field in value.basis)) context.addIssue({ code: "custom", path: ["basis"], message: `Does not state whether ${field} is reported or estimated` });
  }
  for (const key of Object.keys(value.basis)) {
    if (!fields.includes(key)) context.addIssue({ code: "custom", path: ["basis", key], message: "Names a field that is not given" });
  }
}
