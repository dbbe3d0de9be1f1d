import { z } from "zod";
import { defaultPolicy } from "../core/config.ts";
import { cacheSchema, guardsSchema, registrySchema } from "./answers-schema.ts";
import { costSchema, limitsSchema, sheddingSchema, storeSchema } from "./governance-schema.ts";
import { defectSchema } from "./defect.ts";
import { baseUrl, clientKey, headerName, originUrl, reference } from "./schema-parts.ts";
import { gatewayStringUses } from "./string-uses.ts";
import { controlSchema } from "./control-schema.ts";
import { vaultSchema } from "./vault-schema.ts";

const { retry, retryBudget, breaker, deadlines, rescue } = defaultPolicy;
const nonNegative = z.number().min(0);
const count = z.number().int().min(1);
const name = z.string().min(1);

const deploymentSchema = z.strictObject({
  name: headerName.describe("What routes, headers, metrics and logs call it"),
  dialect: z.enum(["openai", "openai_responses", "openai_compatible", "anthropic", "gemini"]).describe("The wire format of its server ([gateway.md](gateway.md#which-dialect))"),
  model: name.describe("What its server calls the model"),
  baseUrl: baseUrl.describe("Without a trailing slash: `https://api.openai.com/v1`"),
  credential: reference.describe("Reference to its key, `env:NAME`, `file:PATH` or `vault:NAME`; never the key itself"),
  provider: name.exactOptional().describe("Deployments with the same text learn from each other's failures; absent: those with the same `baseUrl` do"),
  continuesPrefix: z.boolean().exactOptional().describe("It continues a closing assistant message (prefill) instead of answering it"),
  answersAs: z.array(name).exactOptional().describe("Other names that its answers may give for their model, where `model` is an alias"),
  streamUsage: z.boolean().exactOptional().describe("Whether its streams are asked for usage (`stream_options.include_usage`), where the client does not; absent: until its server refuses that"),
  contextTokens: count.exactOptional().describe("Context window; a prompt that is too long for one deployment goes to a larger one"),
  maxOutputTokens: count.exactOptional().describe("`max_tokens` of a request that names none, where the wire format requires one (Anthropic)"),
});

const policySchema = z.strictObject({
  failover: z.boolean().default(defaultPolicy.failover).describe("Whether a request may go to the route's next deployment"),
  retry: z
    .strictObject({
      attemptsPerDeploymentMax: count.default(retry.attemptsPerDeploymentMax).describe("For one request, the first included"),
      attemptsMax: count.default(retry.attemptsMax).describe("For one request, over all deployments"),
      backoff: z
        .strictObject({ baseMs: nonNegative.default(retry.backoff.baseMs).describe("Doubled with each retry"), maxMs: nonNegative.default(retry.backoff.maxMs).describe("Longest wait") })
        .prefault({})
        .describe("Full jitter: anywhere up to min(maxMs, baseMs * 2^n)"),
    })
    .prefault({})
    .describe("How often a request is tried again"),
  retryBudget: z
    .strictObject({ ratio: nonNegative.default(retryBudget.ratio).describe("Retries that each request earns for all"), tokensMax: nonNegative.default(retryBudget.tokensMax).describe("Most that are kept") })
    .prefault({})
    .describe("Retries in place are paid from it"),
  breaker: breakerSchema().nullable().prefault({}).describe("Leaves a failing deployment alone; null: no breaker, and no memory of failures"),
  deadlines: z
    .strictObject({
      connectMs: nonNegative.default(deadlines.connectMs).describe("To a connection"),
      firstTokenMs: nonNegative.default(deadlines.firstTokenMs).describe("To a stream's first content token, or first thought; a JSON answer has one idleMs more for all of it"),
      thinkingMs: nonNegative.default(deadlines.thinkingMs).describe("To the first content token of a model that thinks aloud"),
      wholeMs: count.exactOptional().describe("For a JSON answer, where clients ask for long ones"),
      idleMs: nonNegative.default(deadlines.idleMs).describe("Between two tokens or thoughts"),
      totalMs: count.exactOptional().describe("The whole request, retries and waits included; absent: no limit for a stream that flows"),
      throughput: z
        .strictObject({
          tokensPerSecondMin: nonNegative.default(deadlines.throughput.tokensPerSecondMin).describe("A slower stream is given up; 0: no minimum"),
          graceMs: nonNegative.default(deadlines.throughput.graceMs).describe("So long it may be slower"),
        })
        .prefault({})
        .describe("Of a stream"),
    })
    .prefault({})
    .describe("How long each part of a request may take, ms"),
  rescue: z
    .strictObject({ attemptsMax: count.default(rescue?.attemptsMax ?? 1).describe("For the rest of a broken stream") })
    .nullable()
    .prefault({})
    .describe("A broken stream goes on by another deployment; null: it ends in an in-band error"),
  hedge: z
    .strictObject({ delayMs: count.describe("So long the first attempt may take alone") })
    .nullable()
    .default(defaultPolicy.hedge)
    .describe("A second attempt beside one that has not answered by then"),
  balance: z
    .strictObject({ by: z.literal("latency").default("latency").describe("What decides") })
    .nullable()
    .default(defaultPolicy.balance)
    .describe("Among deployments that have weights in their route"),
  concurrency: z
    .strictObject({ initial: count.default(20).describe("At the start"), min: count.default(1).describe("The limit is never lower"), max: count.default(1_000).describe("The limit is never higher") })
    .nullable()
    .default(defaultPolicy.concurrency)
    .describe("Attempts that wait for an answer at one deployment; the limit adapts"),
});

function breakerSchema() {
  if (breaker === null) throw new Error("The default policy has no breaker to take defaults from");
  return z.strictObject({
    failureRateThreshold: nonNegative.max(1).default(breaker.failureRateThreshold).describe("Opens above this share of failures"),
    minimumThroughput: count.default(breaker.minimumThroughput).describe("Of at least so many attempts"),
    windowMs: nonNegative.default(breaker.windowMs).describe("That ended within this time"),
    cooldownMs: nonNegative.default(breaker.cooldownMs).describe("Until it is probed"),
    halfOpenMaxConcurrent: count.default(breaker.halfOpenMaxConcurrent).describe("Probes at once, and successes that close it"),
    rampMs: count.exactOptional().describe("A recovered deployment starts with a tenth of its requests and ramps up over this time"),
    outageWindowMs: (breaker.outageWindowMs === undefined ? count.exactOptional() : count.default(breaker.outageWindowMs)).describe("Or whose attempts began within this time"),
  });
}

/** The gateway's file: strict, so that a misspelt setting is an error and not a default. */
export const fileSchema = z.strictObject({
  region: name.default("local").describe("Where it runs, for telemetry"),
  keys: z
    .array(
      z.strictObject({
        key: clientKey.describe("What the client sends as its API key; or `sha256:` and its SHA-256 in hex, so that neither file nor package holds it"),
        team: name.describe("Whose it is"),
        feature: name.describe("What it is used for"),
        priority: z.enum(["low", "normal", "high"]).exactOptional().describe("Low ones are shed first; absent: normal"),
      }),
    )
    .min(1)
    .describe("Virtual keys"),
  deployments: z.array(deploymentSchema).min(1).describe("A model at a provider"),
  routes: z
    .array(
      z.strictObject({
        name: name.describe("What clients name as `model`"),
        deployments: z.array(name).min(1).describe("In order of preference"),
        weights: z.record(name, z.number().positive()).exactOptional().describe("Of the deployments that share requests: `policy.balance`"),
      }),
    )
    .min(1)
    .describe("Where requests go"),
  policy: policySchema.prefault({}).describe("Retry, failover, breaker, deadlines: docs/failures.md"),
  contractCheck: z.boolean().default(true).describe("Fails an answer that names another model"),
  heartbeatMs: count.exactOptional().describe("A stream that is silent for so long sends a comment; absent: only where its provider shows signs of life"),
  concurrencyMax: count.default(512).describe("Requests at once; above it: 503"),
  defects: z.array(defectSchema).default([]).describe("Planted faults of its own, for a lab ([governance.md](governance.md#fault-injection))"),
  hardened: z.boolean().default(false).describe("Takes no defects, neither here nor at run time"),
  limits: limitsSchema.exactOptional().describe("What teams may use ([governance.md](governance.md)); absent: no limits"),
  shedding: sheddingSchema.exactOptional().describe("Which priorities are refused first when it fills up; absent: none before it is full"),
  cost: costSchema.prefault({}).describe("What requests cost"),
  store: storeSchema.prefault({ kind: "memory" }).describe("Where windows are counted and shared answers kept: in the process, or in Redis"),
  vault: vaultSchema.exactOptional().describe("Where `vault:NAME` is leased from ([vault.md](vault.md))"),
  cache: cacheSchema.nullable().exactOptional().describe("Answers requests with earlier answers ([answers.md](answers.md#cache)); null or absent: off"),
  guards: guardsSchema.exactOptional().describe("Search requests and answers ([answers.md](answers.md)); absent: off"),
  registry: registrySchema.exactOptional().describe("Prompts and tools by name ([answers.md](answers.md)); absent: none"),
  control: controlSchema.exactOptional().describe("The control plane whose packages replace this file's own configuration ([gateway.md](gateway.md#under-a-control-plane)); absent: none"),
  egress: z
    .record(z.string().regex(/^https?:\/\/[^/?#]+$/, "Expected an origin: http://host:port, without a path"), originUrl)
    .exactOptional()
    .describe("By origin of a base URL: the origin that this process reaches in its place, such as a forwarder on its own machine; absent: none"),
  runtimes: z.record(z.string().regex(/^v\d+$/), z.array(defectSchema)).exactOptional().describe("For a lab: versions of the gateway's code, each with the defects planted in it; a package asks for one by `runtime`"),
  /**
   * Who reads `/metrics` and `/admin/state`, and whether the paths exist with which a lab plants defects, empties the
   * cache and skews the clock (docs/governance.md).
   */
  admin: z
    .strictObject({
      key: reference.exactOptional().describe("Reference to the key that `/metrics` and `/admin/state` ask for, as a bearer token"),
      open: z.boolean().default(false).describe("Both need no key: for a lab, or where only operators reach the port"),
      faultInjection: z.boolean().default(false).describe("Opens the paths with which a lab injects faults (docs/governance.md)"),
    })
    .refine(({ open, key }) => !open || key === undefined, "Either it is open or it has a key")
    .prefault({})
    .describe("Who reads metrics and state ([governance.md](governance.md#who-reads-metrics-and-state))"),
  listen: z
    .strictObject({
      host: z.string().min(1).register(gatewayStringUses, { use: "listen" }).default("127.0.0.1").describe("Address"),
      port: z.number().int().min(0).max(65_535).default(0).describe("0: any free one"),
      bodyBytesMax: z
        .number()
        .int()
        .min(1024)
        .max(256 * 1024 * 1024)
        .default(10 * 1024 * 1024)
        .describe("How long the body of a request may be, decoded. Agents that keep screenshots in their history send tens of megabytes"),
    })
    .prefault({})
    .describe("Where it listens"),
  drainMs: z.number().int().min(0).default(30_000).describe("How long open requests may take to finish after SIGTERM; new ones are refused"),
  epochMs: z.number().nullable().default(null).describe("Unix ms at which the clock's zero lies, for defects with a time span; null: when the process began"),
});

/** The gateway's file with every default filled in. */
export type GatewayFile = z.output<typeof fileSchema>;
