import type { ChatEvent, JsonObject, Usage } from "../../kernel/chat.ts";
import { asArray, asObject, asString, tokenCount } from "./json.ts";

/**
 * The usage of an answer or a chunk in OpenAI's format. Some servers count thinking beside `completion_tokens`, and
 * only `total_tokens` has it (xAI, Gemini's endpoint in this format: vercel/ai pull request 12425). What the total has
 * beyond the parts is billed as output. Counts that are none, such as negative ones of a broken proxy, are not reported
 * at all.
 */
export function openaiUsage(body: JsonObject, isOfVectors = false): ChatEvent[] {
  const usage = usageObject(body);
  if (usage === null) return [];
  const input = tokenCount(usage["prompt_tokens"] ?? usage["input_tokens"]);
  const completion = tokenCount(usage["completion_tokens"] ?? usage["output_tokens"]);
  const total = isOfVectors ? null : tokenCount(usage["total_tokens"]);
  /** The output, or what it follows from: what is not known is no 0. Vectors have input alone. */
  const isKnown = isOfVectors ? input !== null : completion !== null || (input !== null && total !== null);
  if (!isKnown || isBroken(usage)) return [];
  const inputTokens = (input ?? 0) + cacheBesideInput(usage, input ?? 0, completion, total);
  const outputTokens = Math.max(completion ?? 0, (total ?? 0) - inputTokens);
  return [{ type: "usage", usage: { inputTokens, outputTokens, ...detailsOf(usage), ...tierOf(body) } }];
}

/** Groq's streams have it in `x_groq`, Moonshot's in the choice. */
function usageObject(body: JsonObject): JsonObject | null {
  const choice = asObject(asArray(body["choices"])?.[0]);
  return asObject(body["usage"]) ?? asObject(asObject(body["x_groq"])?.["usage"]) ?? asObject(choice?.["usage"]);
}

function isBroken(usage: JsonObject): boolean {
  return ["prompt_tokens", "input_tokens", "completion_tokens", "output_tokens"].some((name) => (usage[name] ?? null) !== null && tokenCount(usage[name]) === null);
}

/** Names of what was read from the provider's cache, in the usage and in its details. */
const readNames = [
  "prompt_cache_hit_tokens", // DeepSeek
  "cached_tokens", // Moonshot, Together
  "num_cached_tokens", // Mistral
  "cache_read_input_tokens", // proxies in front of Anthropic (LiteLLM, Portkey, new-api)
] as const;

/** What was written there: OpenAI and OpenRouter, LiteLLM, new-api, proxies in front of Anthropic. */
const writtenNames = ["cache_write_tokens", "cache_creation_tokens", "cached_creation_tokens", "cache_creation_input_tokens"] as const;

/** The largest count under any of the names: a proxy adds a name of its own, at times with 0 under the other one. */
function countOf(objects: readonly (JsonObject | null)[], names: readonly string[]): number | null {
  const counts = objects.flatMap((object) => names.flatMap((name) => tokenCount(object?.[name]) ?? []));
  return counts.length === 0 ? null : Math.max(...counts);
}

/**
 * Tokens of the cache that the input leaves out. OpenAI's count of the input includes them. Some proxies pass
 * Anthropic's counts on as they are, without them: there the parts exceed the input, or the total has them once more.
 */
function cacheBesideInput(usage: JsonObject, input: number, completion: number | null, total: number | null): number {
  if ((usage["cache_read_input_tokens"] ?? usage["cache_creation_input_tokens"] ?? null) === null) return 0;
  const cache = (tokenCount(usage["cache_read_input_tokens"]) ?? 0) + (tokenCount(usage["cache_creation_input_tokens"]) ?? 0);
  return cache > input || total === input + (completion ?? 0) + cache ? cache : 0;
}

function detailsOf(usage: JsonObject): Partial<Usage> {
  const input = asObject(usage["prompt_tokens_details"]) ?? asObject(usage["input_tokens_details"]);
  const output = asObject(usage["completion_tokens_details"]) ?? asObject(usage["output_tokens_details"]);
  const cached = countOf([input, usage], readNames);
  const written = countOf([input, usage], writtenNames) ?? 0;
  const reasoning = tokenCount(output?.["reasoning_tokens"]);
  const hasAudio = (tokenCount(input?.["audio_tokens"]) ?? 0) + (tokenCount(output?.["audio_tokens"]) ?? 0) > 0;
  return {
    ...(cached !== null && { cachedInputTokens: cached }),
    ...(written > 0 && { cacheWriteTokens: written }),
    ...(reasoning !== null && { reasoningTokens: reasoning }),
    ...(hasAudio && { hasOtherCharges: true as const }),
  };
}

function tierOf(body: JsonObject): Partial<Usage> {
  const serviceTier = asString(body["service_tier"]);
  return serviceTier === null ? {} : { serviceTier };
}
