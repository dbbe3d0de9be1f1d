import { z } from "zod";
import { endpoints } from "../../kernel/endpoints.ts";
import type { RequestSelector } from "../../kernel/plan.ts";

const names = z.array(z.string().min(1)).min(1);

/** Part of the requests to a deployment: every field that is given must match. */
export const selectSchema = z
  .strictObject({
    models: names.optional().describe("As requests name the model; * stands for any characters, in the other lists too"),
    endpoints: z.array(z.enum(endpoints)).min(1).optional().describe("Kinds of request"),
    regions: names.optional().describe("Of the deployment"),
    keys: names.optional().describe("The credential that a request carries"),
    tiers: names.optional().describe("service_tier of a request; default where it names none"),
    stream: z.boolean().optional().describe("Streams alone, or all but streams"),
    newConnectionsOnly: z.boolean().optional().describe("The first request of each connection alone"),
    clientShare: z.number().min(0).max(1).optional().describe("Always the same share of the clients; a request that names none is a client of its own"),
  })
  .refine((select) => Object.keys(select).length > 0, "Say what it selects") satisfies z.ZodType<RequestSelector>;
