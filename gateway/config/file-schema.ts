import { z } from "zod";
import { defaultPolicy } from "../core/config.ts";
import { cacheSchema, guardsSchema, registrySchema } from "./answers-schema.ts";
import { costSchema, limitsSchema, sheddingSchema, storeSchema } from "./governance-schema.ts";
import { defectSchema } from "./defect.ts";
import { baseUrl, clientKey, headerName, reference } from "./schema-parts.ts";
import { gatewayStringUses } from "./string-uses.ts";

const { retry, retryBudget, breaker, deadlines, rescue } = defaultPolicy;
const nonNegative = z.number().min(0);
const count = z.number().int().min(1);
const name = z.string().min(1);

const deploymentSchema = z.strictObject({
  name: headerName,
  dialect: z.enum(["openai", "openai_compatible", "anthropic", "gemini"]),
  model: name,
  baseUrl,
  credential: reference,
  provider: name.exactOptional(),
  continuesPrefix: z.boolean().exactOptional(),
  answersAs: z.array(name).exactOptional(),
  contextTokens: count.exactOptional(),
  maxOutputTokens: count.exactOptional(),
});

const policySchema = z.strictObject({
  failover: z.boolean().default(defaultPolicy.failover),
  retry: z
    .strictObject({
      attemptsPerDeploymentMax: count.default(retry.attemptsPerDeploymentMax),
      attemptsMax: count.default(retry.attemptsMax),
      backoff: z.strictObject({ baseMs: nonNegative.default(retry.backoff.baseMs), maxMs: nonNegative.default(retry.backoff.maxMs) }).prefault({}),
    })
    .prefault({}),
  retryBudget: z.strictObject({ ratio: nonNegative.default(retryBudget.ratio), tokensMax: nonNegative.default(retryBudget.tokensMax) }).prefault({}),
  breaker: breakerSchema().nullable().prefault({}),
  deadlines: z
    .strictObject({
      connectMs: nonNegative.default(deadlines.connectMs),
      firstTokenMs: nonNegative.default(deadlines.firstTokenMs),
      thinkingMs: nonNegative.default(deadlines.thinkingMs),
      wholeMs: count.exactOptional(),
      idleMs: nonNegative.default(deadlines.idleMs),
      totalMs: nonNegative.default(deadlines.totalMs),
      throughput: z
        .strictObject({
          tokensPerSecondMin: nonNegative.default(deadlines.throughput.tokensPerSecondMin),
          graceMs: nonNegative.default(deadlines.throughput.graceMs),
        })
        .prefault({}),
    })
    .prefault({}),
  rescue: z.strictObject({ attemptsMax: count.default(rescue?.attemptsMax ?? 1) }).nullable().prefault({}),
  hedge: z.strictObject({ delayMs: count }).nullable().default(defaultPolicy.hedge),
  balance: z.strictObject({ by: z.literal("latency").default("latency") }).nullable().default(defaultPolicy.balance),
  concurrency: z.strictObject({ initial: count.default(20), min: count.default(1), max: count.default(1_000) }).nullable().default(defaultPolicy.concurrency),
});

function breakerSchema() {
  if (breaker === null) throw new Error("The default policy has no breaker to take defaults from");
  return z.strictObject({
    failureRateThreshold: nonNegative.max(1).default(breaker.failureRateThreshold),
    minimumThroughput: count.default(breaker.minimumThroughput),
    windowMs: nonNegative.default(breaker.windowMs),
    cooldownMs: nonNegative.default(breaker.cooldownMs),
    halfOpenMaxConcurrent: count.default(breaker.halfOpenMaxConcurrent),
    rampMs: count.exactOptional(),
    outageWindowMs: breaker.outageWindowMs === undefined ? count.exactOptional() : count.default(breaker.outageWindowMs),
  });
}

/** The gateway's file: strict, so that a misspelt setting is an error and not a default. */
export const fileSchema = z.strictObject({
  region: name.default("local"),
  keys: z.array(z.strictObject({ key: clientKey, team: name, feature: name, priority: z.enum(["low", "normal", "high"]).exactOptional() })).min(1),
  deployments: z.array(deploymentSchema).min(1),
  routes: z.array(z.strictObject({ name, deployments: z.array(name).min(1), weights: z.record(name, z.number().positive()).exactOptional() })).min(1),
  policy: policySchema.prefault({}),
  contractCheck: z.boolean().default(true),
  heartbeatMs: count.exactOptional(),
  concurrencyMax: count.default(512),
  defects: z.array(defectSchema).default([]),
  hardened: z.boolean().default(false),
  limits: limitsSchema.exactOptional(),
  shedding: sheddingSchema.exactOptional(),
  cost: costSchema.prefault({}),
  store: storeSchema.prefault({ kind: "memory" }),
  cache: cacheSchema.exactOptional(),
  guards: guardsSchema.exactOptional(),
  registry: registrySchema.exactOptional(),
  /**
   * `faultInjection`: opens the admin paths with which a lab plants defects, empties the cache and skews the clock
   * (docs/governance.md).
   */
  admin: z.strictObject({ faultInjection: z.boolean().default(false) }).prefault({}),
  /** Port 0: any free one. */
  listen: z.strictObject({ host: z.string().min(1).register(gatewayStringUses, { use: "listen" }).default("127.0.0.1"), port: z.number().int().min(0).max(65_535).default(0) }).prefault({}),
  /** Unix ms at which the clock's `nowMs` is zero, for defects with a time span; null: when the process began. */
  epochMs: z.number().nullable().default(null),
});

/** The gateway's file with every default filled in. */
export type GatewayFile = z.output<typeof fileSchema>;
