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

/**
 * Part of a provider's requests. Every field that is given must match; `*` in a name stands for any run of characters.
 */
const part = {
  models: names.optional().describe("Names of models, as requests give them"),
  endpoints: z.array(z.enum(endpoints)).min(1).optional().describe("Kinds of request"),
  regions: names.optional().describe("Regions of the provider, or of the cloud"),
  tiers: names.optional().describe("service_tier of a request"),
  stream: z.boolean().optional().describe("Streams alone, or all but streams"),
  newConnectionsOnly: z.literal(true).optional().describe("The first request of each connection alone"),
  /**
   * The failures fall on the same clients all the time: this share of them, or more where the phase's rate is higher.
   * The phase's rates stay shares of all requests in scope.
   */
  stickyClientShare: z.number().gt(0).max(1).optional().describe("The failures fall on this share of the clients all the time; rates stay shares of all requests in scope"),
};

/** A phase may narrow the incident's target: what it gives replaces the incident's. */
export const phaseTargetSchema = z.strictObject({ ...part, basis: z.record(z.string(), basis).describe("By field: whether a source reported it, or it is estimated") }).superRefine(checkBasis);

export const incidentTargetSchema = z
  .strictObject({
    providers: z.array(z.enum(knownProviders)).describe("Whose simulators play it; none for an incident that no provider's API showed"),
    surfaces: z.array(z.enum(surfaces)).min(1).describe("What users touched: api and gateway are played, others only where a scenario names them"),
    ...part,
    note: prose.min(1).optional().describe("A remark for the reader"),
    basis: z.record(z.string(), basis).describe("By field: whether a source reported it, or it is estimated"),
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
