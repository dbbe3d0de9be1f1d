import { z } from "zod";
import { capacitySchema, dailySchema, limitsSchema, promptCacheSchema } from "./schema-capacity.ts";
import { dialects } from "./dialects.ts";
import { faultSchema } from "./faults/index.ts";
import { expectationSchema, measureSchema, stopConditionSchema } from "./schema-measure.ts";
import { checkReferences } from "./schema-references.ts";
import { latencyProfiles } from "./profiles.ts";
import { prose, stringUses } from "./string-uses.ts";

/**
 * A scenario file: who asks for what, which providers answer, what breaks and when, what must hold. What stands between them is a stack's. Times are ms, shares and rates 0..1; keys that are not named here are refused. `parse.ts` reads a file of it.
 */
const name = z.string().regex(/^[a-z0-9]+([-_.][a-z0-9]+)*$/, "Use lower-case letters, digits, and - _ . between them");

const latency = z.union([
  z.enum(Object.keys(latencyProfiles) as [string, ...string[]]).describe("A measured profile of scenarios/profiles.ts"),
  z.string().regex(/\.json$/, "Name a profile, or the .json file of a recorded one").describe("A profile that blastlab record wrote"),
  z.strictObject({
    firstTokenMsP50: z.number().positive(),
    firstTokenSigma: z.number().min(0).max(3),
    tokensPerSecond: z.number().positive(),
    source: prose.default("scenario file"),
  }),
]);

const recordedError = z.strictObject({
  status: z.int().min(400).max(599),
  contentType: z.string().default("application/json"),
  retryAfterS: z.int().min(0).nullable().default(null),
  body: prose,
  count: z.int().positive().default(1).describe("Weight among those of the same status"),
});

const deployment = z.strictObject({
  name,
  provider: name,
  dialect: z.enum(dialects),
  model: prose.min(1),
  region: z.string().min(1).optional().describe("Where the provider serves it: for incidents that hit some regions only"),
  latency,
  capacity: capacitySchema.optional(),
  limits: limitsSchema.optional(),
  promptCache: promptCacheSchema.optional(),
  daily: dailySchema.optional(),
  errors: z.array(recordedError).optional().describe("What its errors say, in place of the provider's usual words; a recorded profile brings its own"),
  price: z
    .strictObject({ input: z.number().min(0), cachedInput: z.number().min(0), output: z.number().min(0) })
    .optional()
    .describe("What it bills, in US dollars for a million tokens. If not given, the list price of its model, where the lab has one"),
  url: z
    .url({ protocol: /^https?$/ })
    .register(stringUses, { use: "target" })
    .optional()
    .describe("A provider that runs already: the lab starts no simulator, and without its wire log the verdict is at best unknown"),
});

const cell = z.strictObject({
  team: name,
  feature: name,
  region: name.default("local"),
  share: z.number().positive().default(1).describe("Weight among the cells; they need not add up to 1"),
  route: name,
  slo: z.strictObject({ firstTokenMs: z.number().positive(), totalMs: z.number().positive() }).describe("Later than this is a bad request"),
});

const workload = z.strictObject({
  requestsPerSecond: z.number().positive().max(2_000).describe("All cells together, on average"),
  arrivals: z
    .strictObject({ cv: z.number().min(0.1).max(20).default(1).describe("Coefficient of variation of the gaps of one client; 1 is Poisson") })
    .prefault({}),
  clientsPerCell: z.int().min(1).max(200).default(12),
  streamShare: z.number().min(0).max(1).default(0.5),
  prompts: z
    .strictObject({
      distinct: z.int().min(1).max(5_000).default(200).describe("Distinct prompts of one team; teams share none"),
      zipf: z.number().min(0).max(3).default(0.8).describe("Exponent s of prompt popularity; 0 is uniform"),
    })
    .prefault({}),
  maxTokens: z
    .strictObject({
      median: z.number().positive().default(40),
      sigma: z.number().min(0).max(2).default(0.4),
      min: z.int().min(1).default(8),
      max: z.int().min(1).max(60_000).default(120),
    })
    .prefault({})
    .describe("Words asked for, log-normal over prompts"),
  cells: z.array(cell).min(1).max(200),
});

const timeline = z
  .strictObject({
    warmupMs: z.int().min(0).default(3_000),
    steadyMs: z.int().min(1_000).default(20_000),
    recoveryMs: z.int().min(0).default(32_000).describe("After the last fault; without faults, the whole exposure"),
  })
  .prefault({});

export const scenarioSchema = z
  .strictObject({
    name,
    title: prose.min(1),
    description: prose.default(""),
    endsAs: z.record(name, z.enum(["held", "deviated", "not_recovered"])).default({}).describe("How it is meant to end, by stack; tests hold it, and no verdict depends on it"),
    seed: z.int().min(0).max(2 ** 31).default(1),
    level: z.number().positive().default(1).describe("Times every level of an incident that is estimated, to see whether a conclusion depends on a guess"),
    speed: z.number().min(1).max(1_000_000).default(1).describe("How much incidents are compressed; offsets of other faults are as written"),
    timeline,
    workload,
    deployments: z.array(deployment).min(1),
    routes: z.array(z.strictObject({ name, deployments: z.array(name).min(1) })).min(1),
    faults: z.array(faultSchema).default([]),
    measure: measureSchema,
    expectations: z.array(expectationSchema).default([]),
    stopWhen: z
      .array(stopConditionSchema)
      .default([])
      .describe("When one of them is met, all faults are lifted, the load goes on through the recovery window, and the run ends as deviated"),
  })
  .superRefine(checkReferences);

export type Scenario = z.infer<typeof scenarioSchema>;
