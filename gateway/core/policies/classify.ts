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
  { failure: "quota_exhausted", words: ["credit balance is too low", "exceeded your current quota", "specified api usage limits"] },
  { failure: "context_length", words: ["prompt is too long", "maximum context length", "context window", "context limit", "context size"] },
  { failure: "content_filter", words: ["content filtering policy"] },
];

/** An error inside a stream or a 200 whose code is no status. */
const streamRules: readonly Rule[] = [
  { failure: "overloaded", words: ["overloaded", "slow_down", "unavailable"] },
  { failure: "rate_limited", words: ["rate_limit", "too_many_requests"] },
  { failure: "auth", words: ["authentication", "permission", "invalid_api_key"] },
  { failure: "not_found", words: ["not_found"] },
  { failure: "bad_request", words: ["invalid_request"] },
];

/**
 * What a provider's own error is, in the words of `FailureKind`. Inside a 200 its code may be the status that it should have had (OpenRouter, vLLM).
 * Sources: OpenAI error codes, Anthropic errors page (2026-06), messages as users of Anthropic, vLLM and llama.cpp report them.
 */
export function classify(error: ProviderError): FailureKind {
  const code = error.code.toLowerCase();
  const status = error.status ?? statusIn(code);
  if (status === null || status < 500) {
    const told = match(codeRules, code) ?? match(messageRules, error.message.toLowerCase());
    if (told !== null) return told;
  }
  return status === null ? (match(streamRules, code) ?? "server_error") : ofStatus(status);
}

function statusIn(code: string): number | null {
  return /^[45]\d\d$/.test(code) ? Number(code) : null;
}

function ofStatus(status: number): FailureKind {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return "auth";
    case 402:
      return "quota_exhausted";
    case 404:
    /** The method is ours: the URL is not the one. */
    case 405:
    case 410:
      return "not_found";
    case 429:
      return "rate_limited";
    case 503:
    case 529:
      return "overloaded";
    /** The provider's own wait ran out, a conflict, too early, cancelled over there: nothing is wrong with the request, so it is as good as a 5xx. */
    case 408:
    case 409:
    case 425:
    case 499:
      return "server_error";
    default:
      if (status >= 500) return "server_error";
      return status >= 400 ? "bad_request" : "malformed";
  }
}

function match(rules: readonly Rule[], text: string): FailureKind | null {
  return rules.find((rule) => rule.words.some((word) => text.includes(word)))?.failure ?? null;
}
