import type { ChatEvent, JsonObject, Usage } from "../../kernel/chat.ts";
import { asArray, asObject, asString, tokenCount } from "./json.ts";

/**
 * The usage of an answer or a chunk in OpenAI's format. Some servers count thinking beside `completion_tokens`, and
 * only `total_tokens` has it (xAI, Gemini's endpoint in this format: vercel/ai pull request 12425). What the total has
 * beyond the parts is billed as output. Counts that are none, such as negative ones of a broken proxy, are not reported
 * at all.
 */
export function openaiUsage(body: JsonObject): ChatEvent[] {
  const usage = usageObject(body);
  if (usage === null) return [];
  const input = tokenCount(usage["prompt_tokens"] ?? usage["input_tokens"]);
  const completion = tokenCount(usage["completion_tokens"] ?? usage["output_tokens"]);
  if ((input ?? completion) === null || isBroken(usage)) return [];
  const inputTokens = input ?? 0;
  const total = completion === null ? null : tokenCount(usage["total_tokens"]);
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

/**
 * What was read from the provider's cache has other names at DeepSeek and Moonshot. What was written there is
 * OpenRouter's and OpenAI's.
 */
function detailsOf(usage: JsonObject): Partial<Usage> {
  const [input, output] = [asObject(usage["prompt_tokens_details"]), asObject(usage["completion_tokens_details"])];
  const cached = tokenCount(input?.["cached_tokens"] ?? usage["prompt_cache_hit_tokens"] ?? usage["cached_tokens"]);
  const written = tokenCount(input?.["cache_write_tokens"]) ?? 0;
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
