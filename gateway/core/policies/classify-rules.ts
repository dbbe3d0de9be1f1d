import type { FailureKind } from "../../../kernel/outcome.ts";

export interface Rule {
  readonly failure: FailureKind;
  readonly words: readonly string[];
}

/**
 * All other 4xx are the caller's fault, and all other 5xx the provider's. A status that is none of these and not 2xx is
 * malformed.
 */
export const statusRules: readonly { readonly failure: FailureKind; readonly statuses: readonly number[] }[] = [
  { failure: "auth", statuses: [401, 403, 407] },
  { failure: "quota_exhausted", statuses: [402] },
  /** 405: the gateway chose the method, so the URL is wrong. */
  { failure: "not_found", statuses: [404, 405, 410] },
  { failure: "too_large", statuses: [413] },
  { failure: "rate_limited", statuses: [429] },
  { failure: "overloaded", statuses: [503, 529] },
  /**
   * The provider's own timeout, a conflict, too early, cancelled upstream, a model that failed behind its server (424,
   * Bedrock): the request is fine, so these count as a 5xx.
   */
  { failure: "server_error", statuses: [408, 409, 424, 425, 499] },
];

/**
 * What a message says of the size of the request, before any code: a limit of tokens a minute that one request exceeds
 * by itself comes as `rate_limit_exceeded`, with 429 (OpenAI) or 413 (Groq), and no waiting helps.
 */
export const sizeRules: readonly Rule[] = [{ failure: "too_large", words: ["request too large", "payload too large", "entity too large"] }];

/** Codes about this request alone: they count with a 5xx too, which some proxies make of every error. */
export const requestCodeRules: readonly Rule[] = [
  { failure: "context_length", words: ["context_length", "string_above_max_length", "context_window"] },
  { failure: "content_filter", words: ["content_filter", "content_policy", "responsible_ai", "moderation", "data_inspection_failed"] },
];

/**
 * Codes that are more specific than their status: a 429 may be a bill, a 400 may be a filter, a limit, or the gateway's
 * own key or model. First match wins.
 */
export const codeRules: readonly Rule[] = [
  { failure: "auth", words: ["invalid_api_key"] },
  { failure: "quota_exhausted", words: ["insufficient_quota", "credit_balance", "quota_exceeded", "billing"] },
  ...requestCodeRules,
  { failure: "not_found", words: ["model_not_found", "model_decommissioned", "deploymentnotfound", "operationnotsupported"] },
];

/**
 * Codes of a family, whose member a message may name: a bill comes as `rate_limit_error` too. They count after
 * messages.
 */
export const familyCodeRules: readonly Rule[] = [{ failure: "rate_limited", words: ["rate_limit", "too_many_requests", "throttl", "servicequotaexceeded"] }];

/** For dialects whose code is a family (`invalid_request_error`) and whose message names the member. */
export const messageRules: readonly Rule[] = [
  ...sizeRules,
  { failure: "auth", words: ["incorrect api key", "invalid api key", "api key not valid", "organization has been disabled", "user location is not supported"] },
  { failure: "quota_exhausted", words: ["credit balance is too low", "exceeded your current quota", "specified api usage limits", "enable billing"] },
  { failure: "context_length", words: ["prompt is too long", "maximum context length", "context window", "context limit", "context size", "input token count", "input is too long", "maximum model length"] },
  {
    failure: "content_filter",
    words: [
      "content filtering policy",
      "content management policy",
      "requires moderation",
      "content moderation",
      "input was flagged",
      "prompt was flagged",
      "content was flagged",
      "request was flagged",
      "rejected as a result of our safety system",
      "violates usage guidelines",
      "content exists risk",
      "inappropriate content",
    ],
  },
  { failure: "not_found", words: ["model has been decommissioned"] },
  /** What a request refers to is not there: the model is, and others are answered by it. */
  { failure: "bad_request", words: ["item with id", "response with id", "conversation with id", "no such file object"] },
];

/**
 * What a server says of itself. It counts with a 4xx that has no rule of its own too: some servers send their own
 * trouble as 400, or as a status that only they use (498, Groq's flex tier).
 */
export const serverCodeRules: readonly Rule[] = [
  { failure: "overloaded", words: ["overloaded", "slow_down", "unavailable", "capacity"] },
  { failure: "server_error", words: ["server_error", "internal_error"] },
];

/** An error inside a stream or a 200 whose code is not a status. */
export const streamRules: readonly Rule[] = [
  ...serverCodeRules,
  { failure: "rate_limited", words: ["rate_limit", "too_many_requests"] },
  { failure: "auth", words: ["authentication", "permission"] },
  { failure: "not_found", words: ["not_found"] },
  { failure: "bad_request", words: ["invalid_request"] },
];
