import { z } from "zod";
import { prose, stringUses } from "./string-uses.ts";

/**
 * A stack file: what stands between clients and providers. Keys that are not named here are refused. `parse.ts` reads a
 * file of it.
 */
const name = z.string().regex(/^[a-z0-9]+([-_.][a-z0-9]+)*$/, "Use lower-case letters, digits, and - _ . between them");

const target = z.url({ protocol: /^https?$/ }).register(stringUses, { use: "target" });

const command = z
  .strictObject({
    program: z.string().min(1).describe("Run as it is, without a shell"),
    args: z.array(z.string()).default([]).describe("Its arguments"),
    env: z.record(z.string(), z.string()).default({}).describe("Added to the little that every program gets: PATH, HOME, USER, LANG, TMPDIR"),
    passEnv: z.array(z.string().regex(/^\w+$/, "Give the name of a variable")).default([]).describe("Names of variables of your own environment that it gets: it sees no others"),
    cwd: z.string().min(1).optional().describe("Where it runs; the current directory if not given"),
    files: z
      .record(z.string().regex(/^\w[\w.-]*$/, "Give the name of a file, without a folder"), z.string())
      .default({})
      .describe("Files that are written for it before each run, by name; `{files}` in args and env is their folder"),
    readyWithinMs: z.int().min(1).max(300_000).default(60_000).describe("It answers at the url within this, after each start; a slow start after a fault is damage of its own"),
  })
  // Nothing of it is used before a person has read it: --allow-commands.
  .register(stringUses, { use: "text" })
  .describe("What starts it, in place of a gateway that runs already: then it can be killed, paused and restarted. Needs --allow-commands");

/** A request's body and identity hang on them. */
const reservedHeaders = ["content-type", "content-length", "host", "x-client-request-id"];

/** One line on the wire: a value over several lines, such as a gateway's configuration in JSON, is joined by spaces. */
const headerValue = z
  .string()
  .overwrite((value) => value.trim().replaceAll(/[ \t]*\r?\n[ \t]*/g, " "))
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "Use printable characters of Latin-1, as headers do");

const external = z
  .strictObject({
    url: target.describe("OpenAI-compatible; with or without /v1"),
    metricsUrl: target.nullable().default(null).describe("Its Prometheus endpoint, where it shows the metrics of docs/observability.md; null: what it counts is not shown"),
    keys: z.record(z.string(), z.string()).register(stringUses, { use: "text" }).default({}).describe("Bearer token by team/feature; others send sk-blastlab"),
    headers: z
      .record(z.string().regex(/^[a-z0-9-]+$/, "Use lower-case letters, digits and -"), headerValue)
      .register(stringUses, { use: "text" })
      .default({})
      .refine((headers) => !reservedHeaders.some((name) => Object.hasOwn(headers, name)), `The lab sets ${reservedHeaders.join(", ")} itself`)
      .describe("Sent with every request, such as a tenant or another form of key; authorization replaces the bearer token. A value over several lines is joined to one"),
    linkPorts: z.record(z.string(), z.int().min(1).max(65_535)).default({}).describe("Port of 127.0.0.1 where it reaches each deployment"),
    routes: z.array(z.string().min(1)).min(1).optional().describe("The only routes that it serves: a scenario with others does not fit; absent: every route"),
    modelAliases: z
      .record(z.string(), z.array(z.string().min(1)).min(1))
      .default({})
      .describe("By deployment: other names under which it may report the model in its answers, such as those of its own model list"),
    answersFromCache: z.boolean().default(false).describe("It may answer a request with an earlier answer"),
    command: command.optional(),
  })
  .describe("A gateway of yours, in place of the reference gateway");

const edge = z
  .strictObject({
    engine: z.enum(["embedded", "haproxy"]).default("embedded").describe("The edge's own process, or HAProxy, which is found on PATH or by BLASTLAB_HAPROXY_BIN; only live"),
    count: z.int().min(1).max(4).default(2).describe("Edges, spread over the regions; they share nothing. Clients hold the addresses of all, and try another when one refuses or is silent"),
    settings: z.record(z.string(), z.json()).default({}).describe("Of each edge: health, ejection, ramp, retry, sticky"),
  })
  .describe("What spreads the clients' requests over the gateways of all regions");

const control = z
  .strictObject({
    evalGate: z.boolean().default(false).describe("A push that may change answers is judged by the scenario's evals first ([eval-gate.md](eval-gate.md#in-a-scenario))"),
    settings: z.record(z.string(), z.json()).default({}).describe("Of each control plane: steps, sizeRatioMax, rollbackP, promotionP, bakeMs, identities, canary (null: nobody asks the deployments who they are) ([control-plane.md](control-plane.md))"),
  })
  .describe("What configures the gateways of a region, by packages; each region has one of its own");

const vault = z
  .strictObject({
    settings: z.record(z.string(), z.json()).default({}).describe("Of each vault: leaseMs, graceMs, leasesPerMinute ([vault.md](vault.md))"),
  })
  .describe("What leases the providers' credentials to the gateways of a region; each region has one of its own");

const follows = z
  .strictObject({
    product: z.string().min(1).describe("Whose defaults these are, with the version that was read"),
    sources: z.array(z.string().min(1)).register(stringUses, { use: "text" }).min(1).describe("Where they stand"),
    notExpressed: z.array(prose.min(1)).min(1).describe("What that product does otherwise, and this stack cannot do"),
  })
  .describe("A policy set: the public defaults of a product, played by the reference gateway ([compare.md](compare.md))");

export const stackSchema = z
  .strictObject({
    extends: z.string().min(1).optional().describe("A stack, by its name or by a path from this file, whose fields this one has besides its own; a map is merged field by field"),
    name: name.describe("How reports name it"),
    title: prose.min(1).describe("One line, for lists"),
    description: prose.default("").describe("For the reader"),
    regions: z.array(name).min(1).max(4).default(["local"]).describe("Each has gateways of its own; the clients of the i-th client region go to the i-th, counted round"),
    replicas: z.int().min(1).max(8).default(1).describe("Gateway processes in each region; each client keeps to one"),
    bootMs: z.int().min(0).max(60_000).default(1_000).describe("A gateway's time from start to ready, in virtual time; live it is measured, and one that takes over 3 s and three times this makes the run unknown"),
    gateway: z
      .record(z.string(), z.json())
      .default({})
      .describe("The reference gateway's configuration, as docs/failures.md, answers.md and governance.md have it: policy, contractCheck, cache, guards, limits"),
    edge: edge.nullable().default(null).describe("null: clients call the gateways of their region themselves"),
    control: control.nullable().default(null).describe("null: the configuration in each gateway's own file is all there is"),
    vault: vault.nullable().default(null).describe("null: credentials are in each gateway's environment"),
    store: z.enum(["memory", "redis"]).default("memory").describe("Where limits and shared answers are kept: in each gateway, or in a store of the region's own"),
    bypass: z.boolean().default(false).describe("Operators can lead a team's clients past every gateway (docs/break-glass.md); without it that step of a scenario is not possible"),
    observer: z.boolean().default(true).describe("Somebody watches from outside, and raises the alarm that counts as detection; false: the gateway's own metrics do ([metrics.md](metrics.md#detection-and-recovery))"),
    collector: z.boolean().default(false).describe("Each region has a collector of traces"),
    containers: z.boolean().default(false).describe("Live, each component runs in a container of its own, by a Docker engine ([containers.md](containers.md)); in virtual time it changes nothing"),
    external: external.optional(),
    follows: follows.optional(),
  })
  .superRefine((stack, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    if (stack.extends !== undefined) refuse(["extends"], "Here a stack must be whole: write out what it extends");
    if (Object.hasOwn(stack.gateway, "defects")) refuse(["gateway", "defects"], "A defect is a fault: write it in the scenario, as {kind: defect}");
    if (new Set(stack.regions).size < stack.regions.length) refuse(["regions"], "A region is given twice");
    if (stack.external === undefined) return;
    if (stack.edge !== null) refuse(["edge"], "An edge needs the reference gateway: clients call one of your own themselves");
    if (stack.control !== null) refuse(["control"], "A control plane needs the reference gateway: one of your own has its own configuration");
    if (stack.vault !== null) refuse(["vault"], "A vault needs the reference gateway: one of your own has its own credentials");
    if (stack.regions.length > 1 || stack.replicas > 1) refuse(["regions"], "A gateway of your own is one component: give one region and one replica");
    if (stack.containers) refuse(["containers"], "A gateway of your own runs where you run it");
    if (Object.keys(stack.gateway).length > 0) refuse(["gateway"], "These are the reference gateway's: an external one has its own configuration");
  });

export type Stack = z.infer<typeof stackSchema>;
export type ExternalGateway = NonNullable<Stack["external"]>;

/** Whether the system shows metrics that the observer reads. */
export function metricsAreRead({ external: own }: Stack): boolean {
  return own === undefined || own.metricsUrl !== null;
}

/** Whether the system may answer a request with an earlier request's answer. */
export function answersFromCache({ gateway, external: own }: Stack): boolean {
  return own?.answersFromCache ?? (gateway["cache"] ?? null) !== null;
}
