import type { FailureKind } from "../../../kernel/outcome.ts";

export interface Rule {
  readonly failure: FailureKind;
  readonly words: readonly string[];
}

/** Of the rest, 4xx is the caller's fault and 5xx the provider's; what is neither, and no 2xx, is no answer. */
export const statusRules: readonly { readonly failure: FailureKind; readonly statuses: readonly number[] }[] = [
  { failure: "auth", statuses: [401, 403, 407] },
  { failure: "quota_exhausted", statuses: [402] },
  /** 405: the method is ours, so the URL is not the one. */
  { failure: "not_found", statuses: [404, 405, 410] },
  { failure: "rate_limited", statuses: [429] },
  { failure: "overloaded", statuses: [503, 529] },
  /** The provider's own wait ran out, a conflict, too early, cancelled over there: nothing is wrong with the request, so these are as good as a 5xx. */
  { failure: "server_error", statuses: [408, 409, 425, 499] },
];

/** Codes that say more than their status: a 429 may be a bill, a 400 may be a filter or our own key. First match wins. */
export const codeRules: readonly Rule[] = [
  { failure: "auth", words: ["invalid_api_key"] },
  { failure: "quota_exhausted", words: ["insufficient_quota", "credit_balance", "quota_exceeded", "billing"] },
  { failure: "context_length", words: ["context_length", "string_above_max_length", "context_window"] },
  { failure: "content_filter", words: ["content_filter", "content_policy", "responsible_ai"] },
];

/** For dialects whose code is a family (`invalid_request_error`) and whose message says which. */
export const messageRules: readonly Rule[] = [
  { failure: "auth", words: ["incorrect api key", "invalid api key", "api key not valid"] },
  { failure: "quota_exhausted", words: ["credit balance is too low", "exceeded your current quota", "specified api usage limits"] },
  { failure: "context_length", words: ["prompt is too long", "maximum context length", "context window", "context limit", "context size"] },
  { failure: "content_filter", words: ["content filtering policy"] },
];

/** An error inside a stream or a 200 whose code is no status. */
export const streamRules: readonly Rule[] = [
  { failure: "overloaded", words: ["overloaded", "slow_down", "unavailable"] },
  { failure: "rate_limited", words: ["rate_limit", "too_many_requests"] },
  { failure: "auth", words: ["authentication", "permission"] },
  { failure: "not_found", words: ["not_found"] },
  { failure: "bad_request", words: ["invalid_request"] },
];
