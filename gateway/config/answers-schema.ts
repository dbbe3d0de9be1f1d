import { z } from "zod";
import { defaultCache, defaultSemantic } from "../core/cache/settings.ts";
import { defaultWarmUp } from "../core/cache/warm-up/settings.ts";
import { defaultInjection, defaultPii, piiKinds } from "../core/guards/settings.ts";
import { baseUrl, headerName, httpUrl, prose, reference } from "./schema-parts.ts";
import { gatewayStringUses } from "./string-uses.ts";

/** The sections of the gateway's file about requests and answers: cache, guards, registry. Each absent: off. */

const name = z.string().min(1);
const nonNegative = z.number().min(0);
const count = z.number().int().min(1);
const onFailure = z.enum(["open", "closed"]).describe("A text that cannot be searched: `open` lets it pass, `closed` refuses it");

const embedderSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("lexical") }),
  z.strictObject({
    kind: z.literal("openai"),
    baseUrl: baseUrl.describe("Without a trailing slash; `/embeddings` is appended"),
    model: name.describe("What its server calls the model"),
    credential: reference.describe("Reference to its key"),
    timeoutMs: nonNegative.default(500).describe("A vector that takes longer makes the look-up a miss"),
  }),
]);

/** A model knows meanings that the lexical embedder does not: the looser veto is its default. */
const semanticSchema = z
  .strictObject({
    threshold: nonNegative.max(1).default(defaultSemantic.threshold).describe("Least similarity of a question that an earlier answer is given to"),
    veto: z.enum(["strict", "entities"]).exactOptional().describe("What rejects a similar question: `strict`, any word that matters; `entities`, names and numbers. Absent: `strict` for the lexical embedder"),
    embedder: embedderSchema.default({ kind: "lexical" }).describe("What makes vectors of questions: `lexical`, in the process, or `openai`, a server"),
  })
  .transform((semantic) => ({ ...semantic, veto: semantic.veto ?? (semantic.embedder.kind === "lexical" ? ("strict" as const) : ("entities" as const)) }));

const warmUpSchema = z.strictObject({
  requestsPerSecond: z.number().gt(0).max(100).default(defaultWarmUp.requestsPerSecond).describe("Questions that are begun each second, at most two at a time; fewer while they fail, none while clients are refused"),
  requestsMax: count.default(defaultWarmUp.requestsMax).describe("Most questions of one start"),
  usdMax: nonNegative.default(defaultWarmUp.usdMax).describe("Most money of one start, US dollars; what is open then is finished"),
  withinMs: nonNegative.default(defaultWarmUp.withinMs).describe("So long after the start it ends"),
});

export const cacheSchema = z.strictObject({
  ttlMs: nonNegative.default(defaultCache.ttlMs).describe("So long an answer is fresh"),
  staleIfErrorMs: nonNegative.default(defaultCache.staleIfErrorMs).describe("So long after that it is used while the providers fail"),
  scope: z.enum(["feature", "team"]).default(defaultCache.scope).describe("Whose requests share answers"),
  backend: z.enum(["memory", "store"]).default(defaultCache.backend).describe("Where answers are kept: in the process, or in the file's `store`"),
  storeDeadlineMs: nonNegative.default(defaultCache.storeDeadlineMs).describe("A look-up in the store that takes longer is a miss"),
  entriesMax: count.default(defaultCache.entriesMax).describe("Most answers in memory, and most questions that are compared"),
  charactersMax: count.default(defaultCache.charactersMax).describe("Most characters in memory"),
  coalesceWaitMs: nonNegative.default(defaultCache.coalesceWaitMs).describe("So long others wait for the same request in flight, from its start"),
  semantic: semanticSchema.nullable().default(null).describe("Answers similar questions too; null: exact requests only"),
  warmUp: warmUpSchema.nullable().default(null).describe("A process that starts asks again what was popular and dear before it ended; needs `vault`, whose regional key seals the list; null: off"),
});

const piiSchema = z.strictObject({
  kinds: z.array(z.enum(piiKinds as [(typeof piiKinds)[number], ...(typeof piiKinds)[number][]])).min(1).default([...defaultPii.kinds]).describe("What is searched for and removed"),
  restore: z.boolean().default(defaultPii.restore).describe("The caller gets its own values back in the answer"),
  answers: z.enum(["pass", "scrub"]).default(defaultPii.answers).describe("Values in an answer that the request did not hold: `scrub` removes them"),
  charactersMax: count.default(defaultPii.charactersMax).describe("Longest text that is searched"),
  onFailure: onFailure.default(defaultPii.onFailure),
});

const inspectorSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("heuristic") }),
  z.strictObject({ kind: z.literal("http"), url: httpUrl.describe("Gets the text by POST"), timeoutMs: nonNegative.default(500).describe("An answer that takes longer is a failure") }),
]);

const injectionSchema = z.strictObject({
  threshold: nonNegative.max(1).default(defaultInjection.threshold).describe("Least score of a text that is acted on"),
  action: z.enum(["block", "flag"]).default(defaultInjection.action).describe("`block` refuses the request, `flag` counts it"),
  charactersMax: count.default(defaultInjection.charactersMax).describe("Longest text that is inspected"),
  onFailure: onFailure.default(defaultInjection.onFailure),
  inspector: inspectorSchema.default({ kind: "heuristic" }).describe("What scores a text: `heuristic`, in the process, or `http`, a service"),
});

export const guardsSchema = z.strictObject({
  pii: piiSchema.nullable().default(null).describe("Removes personal data; null: off"),
  injection: injectionSchema.nullable().default(null).describe("Looks for instructions that were smuggled in; null: off"),
  images: z.enum(["pass", "refuse"]).default("refuse").describe("Requests with images, sounds or files, which no guard can read"),
});

const versionSchema = z.strictObject({
  version: headerName.describe("What clients may ask for"),
  messages: z
    .array(z.strictObject({ role: z.enum(["system", "user", "assistant"]).describe("Whose words they are"), content: prose.describe("Text, with variables as `{{name}}`") }))
    .default([])
    .describe("Put before the request's own"),
  tools: z.array(name).default([]).describe("`name@version` of tools of the registry"),
});

const toolSchema = z.strictObject({
  name: name.describe("What the model calls it"),
  version: name.describe("Prompts name it as `name@version`"),
  description: prose.exactOptional().describe("For the model"),
  parameters: z.record(z.string(), z.json()).register(gatewayStringUses, { use: "text" }).exactOptional().describe("JSON Schema of its arguments"),
  strict: z.boolean().exactOptional().describe("The model keeps to the schema, where its provider supports that"),
});

export const registrySchema = z.strictObject({
  prompts: z
    .array(
      z.strictObject({
        name: headerName.describe("What clients name it"),
        current: name.describe("The version that a request without one gets"),
        versions: z.array(versionSchema).min(1).describe("All that can be asked for"),
      }),
    )
    .default([])
    .describe("Prompts that requests name instead of carrying them"),
  tools: z.array(toolSchema).default([]).describe("Tools that prompts name"),
});
