import type { ProviderError } from "../../../kernel/chat.ts";
import type { FailureKind } from "../../../kernel/outcome.ts";

interface Rule {
  readonly failure: FailureKind;
  readonly words: readonly string[];
}

/** Codes that say more than their status: a 429 may be a bill, a 400 may be a filter. First match wins. */
const codeRules: readonly Rule[] = [
  { failure: "quota_exhausted", words: ["insufficient_quota", "credit_balance", "quota_exceeded", "billing"] },
  { failure: "context_length", words: ["context_length", "string_above_max_length", "context_window"] },
  { failure: "content_filter", words: ["content_filter", "content_policy", "responsible_ai"] },
];

/** For dialects whose code is a family (`invalid_request_error`) and whose message says which. */
const messageRules: readonly Rule[] = [
  { failure: "quota_exhausted", words: ["credit balance is too low", "exceeded your current quota"] },
  { failure: "context_length", words: ["prompt is too long", "maximum context length", "context window"] },
];

/** An error inside a stream has no status: only its code speaks. */
const streamRules: readonly Rule[] = [
  { failure: "overloaded", words: ["overloaded", "slow_down", "unavailable"] },
  { failure: "rate_limited", words: ["rate_limit", "too_many_requests"] },
  { failure: "auth", words: ["authentication", "permission", "invalid_api_key"] },
  { failure: "not_found", words: ["not_found"] },
  { failure: "bad_request", words: ["invalid_request"] },
];

/** What a provider's own error is, in the words of `FailureKind`. Sources: OpenAI error codes, Anthropic errors page (2026-06). */
export function classify(error: ProviderError): FailureKind {
  const code = error.code.toLowerCase();
  const { status } = error;
  if (status === null) return match(codeRules, code) ?? match(streamRules, code) ?? "server_error";
  if (status < 500) {
    const told = match(codeRules, code) ?? match(messageRules, error.message.toLowerCase());
    if (told !== null) return told;
  }
  return ofStatus(status);
}

function ofStatus(status: number): FailureKind {
  switch (status) {
    case 401:
    case 403:
      return "auth";
    case 402:
      return "quota_exhausted";
    case 404:
    case 410:
      return "not_found";
    case 429:
      return "rate_limited";
    case 503:
    case 529:
      return "overloaded";
    /** The provider's own wait ran out: as good as a 5xx. */
    case 408:
      return "server_error";
    default:
      if (status >= 500) return "server_error";
      return status >= 400 ? "bad_request" : "malformed";
  }
}

function match(rules: readonly Rule[], text: string): FailureKind | null {
  return rules.find((rule) => rule.words.some((word) => text.includes(word)))?.failure ?? null;
}
