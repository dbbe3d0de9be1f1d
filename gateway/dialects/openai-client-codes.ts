import type { Usage } from "../../kernel/chat.ts";

export function usageObject({ inputTokens, outputTokens, cachedInputTokens: cached = 0, reasoningTokens = 0, failedLegs }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cached > 0 && { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoningTokens > 0 && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
    ...(failedLegs !== undefined && { blastlab_failed_legs: { prompt_tokens: failedLegs.inputTokens, completion_tokens: failedLegs.outputTokens } }),
  };
}
