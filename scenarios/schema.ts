import { z } from "zod";
import { capacitySchema, dailySchema, limitsSchema, promptCacheSchema } from "./schema-capacity.ts";
import { retryHabits } from "../kernel/client-behaviour.ts";
import { dialects } from "./dialects.ts";
import { actionSchema } from "./actions/index.ts";
import { faultSchema } from "./faults/index.ts";
import { checkPage, pageSchema } from "./schema-page.ts";
import { expectationSchema, measureSchema, stopConditionSchema } from "./schema-measure.ts";
import { checkReferences } from "./schema-references.ts";
import { latencyProfiles } from "./profiles.ts";
import { prose, stringUses } from "./string-uses.ts";

/**
 * A scenario file: who asks for what, which providers answer, what breaks and when, what must hold. What stands between
 * them is a stack's. Times are ms, shares and rates 0..1; keys that are not named here are refused. `parse.ts` reads a
 * file of it.
 */
const name = z.string().regex(/^[a-z0-9]+([-_.][a-z0-9]+)*$/, "Use lower-case letters, digits, and - _ . between them");

const latency = z.union([
  z.enum(Object.keys(latencyProfiles) as [string, ...string[]]).describe("A measured profile of scenarios/profiles.ts"),
  z.string().regex(/\.json$/, "Name a profile, or the .json file of a recorded one").describe("A profile that blastlab record wrote"),
  z.strictObject({
    firstTokenMsP50: z.number().positive().describe("Median time to the first token, ms"),
    firstTokenSigma: z.number().min(0).max(3).describe("Sigma of its logarithm: ln(p95 / p50) / 1.645"),
    tokensPerSecond: z.number().positive().describe("After the first token"),
    source: prose.default("scenario file").describe("Where the figures are from, for the report"),
  }),
]);

const recordedError = z.strictObject({
  status: z.int().min(400).max(599).describe("Errors of this status say it"),
  contentType: z.string().default("application/json").describe("Of the body"),
  retryAfterS: z.int().min(0).nullable().default(null).describe("Retry-After, seconds; null: none is sent"),
  body: prose.describe("As it is sent"),
  count: z.int().positive().default(1).describe("Weight among those of the same status"),
});

const deployment = z.strictObject({
  name: name.describe("How routes and faults name it"),
  provider: name.describe("Whose it is: an incident of that provider hits it"),
  dialect: z.enum(dialects).describe("Wire format that it speaks"),
  model: prose.min(1).describe("As its provider names it"),
  region: z.string().min(1).optional().describe("Where the provider serves it: for incidents that hit some regions only"),
  latency: latency.describe("How fast it answers: a measured profile by name, the file of a recorded one, or figures"),
  capacity: capacitySchema.optional(),
  limits: limitsSchema.optional(),
  limitedFrom: z.enum(["start", "steady"]).optional().describe("Since when capacity and limits are in force: steady leaves the warm-up without them, so that caches fill fast. If not given, start"),
  promptCache: promptCacheSchema.optional(),
  daily: dailySchema.optional(),
  errors: z.array(recordedError).optional().describe("What its errors say, in place of the provider's usual words; a recorded profile brings its own"),
  price: z
    .strictObject({
      input: z.number().min(0).describe("Input tokens"),
      cachedInput: z.number().min(0).describe("Input tokens that the prompt cache held"),
      output: z.number().min(0).describe("Output tokens"),
    })
    .optional()
    .describe("What it bills, in US dollars for a million tokens. If not given, the list price of its model, where the lab has one"),
  url: z
    .url({ protocol: /^https?$/ })
    .register(stringUses, { use: "target" })
    .optional()
    .describe("A provider that runs already: the lab starts no simulator, and without its wire log the verdict is at best unknown"),
});

const cell = z.strictObject({
  team: name.describe("Whose users they are; limits and keys go by it"),
  feature: name.describe("What they use"),
  region: name.default("local").describe("Where the clients are"),
  share: z.number().positive().default(1).describe("Weight among the cells; they need not add up to 1"),
  route: name.describe("What they send as model: a name of routes"),
  systemPrompt: name.optional().describe("The registered prompt that their requests name; if not given, none"),
  slo: z
    .strictObject({ firstTokenMs: z.number().positive().describe("From the intended send to the first token, ms"), totalMs: z.number().positive().describe("From the intended send to the end, ms") })
   .describe("Later than this is a bad request"),
});

const clientGroup = z
  .strictObject({
    share: z.number().gt(0).max(1).describe("Of the clients of each cell"),
    retries: z
      .enum(retryHabits)
      .default("none")
      .describe("sdk: as the official SDKs do, twice after about 0.5 and 1 s, or after Retry-After; hammer: 20 times, 0.1 s after each failure, whatever the answer asks for"),
    timeoutMs: z.int().min(100).optional().describe("The SDK's own limit for one attempt: until the headers of a stream, until the end of any other answer"),
    patienceMs: z.int().min(100).optional().describe("So long the user waits for the whole request, ms; then it is a timeout"),
  })
  .describe("Clients that do something about failures by themselves");

const workload = z.strictObject({
  requestsPerSecond: z.number().positive().max(2_000).describe("All cells together, on average"),
  warmupRequestsPerSecond: z.number().positive().max(2_000).optional().describe("During the warm-up: more than that fills caches sooner. If not given, the same"),
  arrivals: z
    .strictObject({ cv: z.number().min(0.1).max(20).default(1).describe("Coefficient of variation of the gaps of one client; 1 is Poisson") })
    .prefault({})
    .describe("When clients ask"),
  clientsPerCell: z.int().min(1).max(200).default(12).describe("Clients of each cell; a client keeps its region and its gateway"),
  clients: z
    .array(clientGroup)
    .max(10)
    .default([])
    .describe("How clients go on when an attempt fails; those of no group send once. The user's request is judged by its last attempt, from the first intended send"),
  streamShare: z.number().min(0).max(1).default(0.5).describe("Share of the requests that ask for a stream"),
  prompts: z
    .strictObject({
      distinct: z.int().min(1).max(5_000).default(200).describe("Distinct prompts of one team; teams share none"),
      zipf: z.number().min(0).max(3).default(0.8).describe("Exponent s of prompt popularity; 0 is uniform"),
      unique: z.number().min(0).max(1).default(0).describe("Share of the requests whose prompt nobody else asks: no cache has their answer"),
      prefixes: z
        .strictObject({
          share: z.number().min(0).max(1).default(1).describe("Share of the requests that begin with one"),
          distinct: z.int().min(1).max(20).default(1).describe("How many there are; requests draw one of them"),
          tokens: z.int().min(16).max(10_000).describe("Length of each; four characters are a token"),
        })
        .optional()
        .describe("Long beginnings that prompts of all teams share, which a provider with a promptCache keeps"),
    })
    .prefault({})
    .describe("What is asked"),
  maxTokens: z
    .strictObject({
      median: z.number().positive().default(40).describe("Half of the prompts ask for fewer words"),
      sigma: z.number().min(0).max(2).default(0.4).describe("Sigma of the logarithm"),
      min: z.int().min(1).default(8).describe("Fewest words"),
      max: z.int().min(1).max(60_000).default(120).describe("Most words"),
    })
    .prefault({})
    .describe("Words asked for, log-normal over prompts"),
  cells: z.array(cell).min(1).max(200).describe("Who asks: each one team, feature and region"),
});

const systemPrompt = z
  .strictObject({
    name: name.describe("How cells and pushes name it"),
    text: prose.min(1).describe("Its system message when the run begins. Simulated models comply with \"Answer in at most N words.\""),
    evals: z
      .strictObject({
        questions: z.int().min(1).max(1_000).default(60).describe("How many questions are asked of the active version and of the new one"),
        maxTokens: z.int().min(1).max(1_000).default(32).describe("Words that each answer may have"),
        assert: z
          .array(z.record(z.string(), z.json()))
          .min(1)
          .register(stringUses, { use: "text" })
          .describe("What each answer must meet, as in a corpus ([eval-gate.md](eval-gate.md#the-corpus)), without llm-rubric"),
      })
      .nullable()
      .default(null)
      .describe("What an eval gate asks about a new version of it; null: nothing"),
  })
  .describe("A prompt in the gateway's registry");

const timeline = z
  .strictObject({
    warmupMs: z.int().min(0).default(3_000).describe("At the start, not measured"),
    steadyMs: z.int().min(1_000).default(20_000).describe("After the warm-up: the control, and the faults begin at its end"),
    recoveryMs: z.int().min(0).default(32_000).describe("After the last fault; without faults, the whole exposure"),
    cut: z
      .strictObject({
        lengthMs: z.int().min(1_000).describe("So long no load is offered"),
        restoredMs: z.int().min(1_000).describe("So long the same load is offered again"),
      })
      .optional()
      .describe("After the recovery window the load is cut and restored, which proves whether the system stayed down by itself: docs/metrics.md"),
  })
  .prefault({})
  .describe("Parts of the run; the fault window lasts as long as the last fault");

export const scenarioSchema = z
  .strictObject({
    name: name.describe("Names run directories"),
    title: prose.min(1).describe("One line, for lists and reports"),
    description: prose.default("").describe("For the reader"),
    tags: z.array(name).default([]).describe("Groups that it belongs to"),
    page: pageSchema.optional().describe("What a reader needs before a run; every scenario of the library has one"),
    endsAs: z
      .record(name, z.enum(["held", "deviated", "not_recovered", "not_applicable"]))
      .default({})
      .describe("How it is meant to end, by stack; tests hold it, and no verdict depends on it. not_applicable: the stack lacks what a fault acts on"),
    seed: z.int().min(0).max(2 ** 31).default(1).describe("Everything random is drawn from it: the same seed gives the same run"),
    level: z.number().positive().default(1).describe("Times every level of an incident that is estimated, to see whether a conclusion depends on a guess"),
    speed: z.number().min(1).max(1_000_000).default(1).describe("How much incidents are compressed; offsets of other faults are as written"),
    timeline,
    workload: workload.describe("Who asks for what, and how often"),
    deployments: z.array(deployment).min(1).describe("The providers that answer"),
    routes: z
      .array(z.strictObject({ name: name.describe("What clients send as model"), deployments: z.array(name).min(1).describe("Those that may answer, in order of preference: an answer of any other is wrong") }))
      .min(1)
      .describe("What clients ask for by name"),
    systemPrompts: z.array(systemPrompt).default([]).describe("Prompts in the gateway's registry, which requests name ([eval-gate.md](eval-gate.md#in-a-scenario))"),
    faults: z.array(faultSchema).default([]).describe("What breaks and when: docs/faults.md"),
    actions: z.array(actionSchema).default([]).describe("What the operator does and when. A step that the stack lacks is recorded as not possible, and the run goes on"),
    measure: measureSchema,
    expectations: z.array(expectationSchema).default([]).describe("What must hold: the run deviates when one does not"),
    stopWhen: z
      .array(stopConditionSchema)
      .default([])
      .describe("When one of them is met, all faults are lifted, the load goes on through the recovery window, and the run ends as deviated"),
  })
  .superRefine(checkReferences)
  .superRefine(checkPage);

export type Scenario = z.infer<typeof scenarioSchema>;
