import type { ProviderError, Usage } from "../../kernel/chat.ts";

/**
 * Anthropic's stop reason. A stop sequence looks like the model's own end. Servers of OpenAI's format, and
 * OpenAI where the tool was chosen by name, report `stop` for calls as well, but Anthropic's clients run tools by the
 * reason alone.
 */
export function stopReason(finishReason: string, hasCalls: boolean): string {
  switch (finishReason) {
    case "length":
      return "max_tokens";
    case "tool_calls":
      return "tool_use";
    case "content_filter":
      return "refusal";
    default:
      return hasCalls ? "tool_use" : "end_turn";
  }
}

/** Anthropic's input tokens exclude what was read from and written to the prompt cache. The gateway's include both. */
export function usageObject(usage: Usage | null): object {
  const read = usage?.cachedInputTokens ?? 0;
  const written = usage?.cacheWriteTokens ?? 0;
  return {
    input_tokens: Math.max(0, (usage?.inputTokens ?? 0) - read - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: usage?.outputTokens ?? 0,
    ...(usage?.failedLegs !== undefined && { blastlab_failed_legs: { input_tokens: usage.failedLegs.inputTokens, output_tokens: usage.failedLegs.outputTokens } }),
  };
}

/** The in-band error of a stream. Its code is the gateway's own, so that a client can tell the causes apart. */
export function streamErrorBody({ code, message }: ProviderError): object {
  return { type: "error", error: { type: "api_error", message: `${message} (${code})` } };
}

/** Anthropic's error type of a status. Source: Anthropic's errors page, 2026-06. */
export function errorType(status: number): string {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}
