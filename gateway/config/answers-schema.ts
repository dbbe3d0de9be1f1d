import { z } from "zod";
import { defaultCache, defaultSemantic } from "../core/cache/settings.ts";
import { defaultInjection, defaultPii, piiKinds } from "../core/guards/settings.ts";
import { baseUrl, headerName, httpUrl, prose, reference } from "./schema-parts.ts";
import { gatewayStringUses } from "./string-uses.ts";

/** The sections of the gateway's file about requests and answers: cache, guards, registry. Each absent: off. */

const name = z.string().min(1);
const nonNegative = z.number().min(0);
const count = z.number().int().min(1);
const onFailure = z.enum(["open", "closed"]);

const embedderSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("lexical") }),
  z.strictObject({
    kind: z.literal("openai"),
    baseUrl,
    model: name,
    credential: reference,
    timeoutMs: nonNegative.default(500),
  }),
]);

/** A model knows meanings that the lexical embedder does not: the looser veto is its default. */
const semanticSchema = z
  .strictObject({
    threshold: nonNegative.max(1).default(defaultSemantic.threshold),
    veto: z.enum(["strict", "entities"]).exactOptional(),
    embedder: embedderSchema.default({ kind: "lexical" }),
  })
  .transform((semantic) => ({ ...semantic, veto: semantic.veto ?? (semantic.embedder.kind === "lexical" ? ("strict" as const) : ("entities" as const)) }));

export const cacheSchema = z.strictObject({
  ttlMs: nonNegative.default(defaultCache.ttlMs),
  staleIfErrorMs: nonNegative.default(defaultCache.staleIfErrorMs),
  scope: z.enum(["feature", "team"]).default(defaultCache.scope),
  backend: z.enum(["memory", "store"]).default(defaultCache.backend),
  storeDeadlineMs: nonNegative.default(defaultCache.storeDeadlineMs),
  entriesMax: count.default(defaultCache.entriesMax),
  charactersMax: count.default(defaultCache.charactersMax),
  coalesceWaitMs: nonNegative.default(defaultCache.coalesceWaitMs),
  semantic: semanticSchema.nullable().default(null),
});

const piiSchema = z.strictObject({
  kinds: z.array(z.enum(piiKinds as [(typeof piiKinds)[number], ...(typeof piiKinds)[number][]])).min(1).default([...defaultPii.kinds]),
  restore: z.boolean().default(defaultPii.restore),
  answers: z.enum(["pass", "scrub"]).default(defaultPii.answers),
  charactersMax: count.default(defaultPii.charactersMax),
  onFailure: onFailure.default(defaultPii.onFailure),
});

const inspectorSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("heuristic") }),
  z.strictObject({ kind: z.literal("http"), url: httpUrl, timeoutMs: nonNegative.default(500) }),
]);

const injectionSchema = z.strictObject({
  threshold: nonNegative.max(1).default(defaultInjection.threshold),
  action: z.enum(["block", "flag"]).default(defaultInjection.action),
  charactersMax: count.default(defaultInjection.charactersMax),
  onFailure: onFailure.default(defaultInjection.onFailure),
  inspector: inspectorSchema.default({ kind: "heuristic" }),
});

export const guardsSchema = z.strictObject({ pii: piiSchema.nullable().default(null), injection: injectionSchema.nullable().default(null), images: z.enum(["pass", "refuse"]).default("refuse") });

const versionSchema = z.strictObject({
  version: headerName,
  messages: z.array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: prose })).default([]),
  tools: z.array(name).default([]),
});

const toolSchema = z.strictObject({
  name,
  version: name,
  description: prose.exactOptional(),
  parameters: z.record(z.string(), z.json()).register(gatewayStringUses, { use: "text" }).exactOptional(),
  strict: z.boolean().exactOptional(),
});

export const registrySchema = z.strictObject({
  prompts: z.array(z.strictObject({ name: headerName, current: name, versions: z.array(versionSchema).min(1) })).default([]),
  tools: z.array(toolSchema).default([]),
});
