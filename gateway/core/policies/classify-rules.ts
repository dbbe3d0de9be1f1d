import type { FailureKind } from "../../../kernel/outcome.ts";

export interface Rule {
  readonly failure: FailureKind;
  /** What is in the text: words in lower case, or a pattern of them. */
  readonly words: readonly (string | RegExp)[];
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
  /** For legal reasons: StepFun's moderation. */
  { failure: "content_filter", statuses: [451] },
  { failure: "rate_limited", statuses: [429] },
  /** 498: the capacity of Groq's flex tier. */
  { failure: "overloaded", statuses: [498, 503, 529] },
  /**
   * The provider's own timeout, a conflict, a request that reached the wrong server, too early, cancelled upstream, a
   * model that failed behind its server (424, Bedrock): the request is fine, so these count as a 5xx.
   */
  { failure: "server_error", statuses: [408, 409, 421, 424, 425, 499] },
];

/**
 * What a message says of the size of the request, before any code: a limit of tokens a minute that one request exceeds
 * by itself comes as `rate_limit_exceeded`, with 429 (OpenAI) or 413 (Groq), and no waiting helps.
 */
export const sizeRules: readonly Rule[] = [{ failure: "too_large", words: ["request too large", "payload too large", "entity too large", "required for long context requests"] }];

/**
 * How servers say that a prompt does not fit. Some of them, and proxies, send it with a 5xx (Wei-Shaw/sub2api pull
 * request 4304), and no attempt at the same model helps. Sources: errors that users of each server report.
 */
export const lengthRules: readonly Rule[] = [
  {
    failure: "context_length",
    words: [
      "prompt is too long",
      "prompt too long",
      "context length",
      "context window",
      "context limit",
      "context size",
      "input token count",
      "prompt token count",
      "input is too long",
      "input tokens exceed",
      "maximum model length",
      "maximum prompt length",
      "maximum input length",
      "exceeds max length",
      "exceeded model token limit",
      "range of input length",
      "`max_new_tokens` must be",
      "reduce the length of the messages",
      "too many tokens: size limit",
    ],
  },
];

/**
 * What a server says that its model, or its account, cannot do for this request. Some say it with a 404 (OpenRouter) or
 * a 500 (llama.cpp). Others than these are the caller's mistake: no model has the parameter.
 */
export const capabilityRules: readonly Rule[] = [
  {
    failure: "unsupported",
    words: [
      /(?:does not|doesn't|do not) (?:currently )?support (?:the )?(?:"|`|')?(?:tool|function|image|vision|audio|video|file|multimodal|thinking|reasoning|response.?format|json|structured|assistant|prefill|system|stream|parameter)/,
      /(?:is|are) not (?:supported|enabled|available) (?:with|by|for|on) (?:this model|models\/)/,
      "no endpoints found that support",
      "is only supported by certain models",
      "image input is not supported",
      "unknown variant `image_url`",
      "tool choice requires",
      "is not a multimodal model",
      "organization must be verified",
    ],
  },
];

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
  /** Cerebras' limits of a minute, and its queue. Moonshot's engine. */
  { failure: "rate_limited", words: ["request_quota_exceeded", "token_quota_exceeded"] },
  { failure: "overloaded", words: ["queue_exceeded", "engine_overloaded"] },
  {
    failure: "quota_exhausted",
    words: [
      "insufficient_quota",
      "insufficient_user_quota",
      "insufficient_credits",
      "insufficient_balance",
      "credit_balance",
      "quota_exceeded",
      "current_quota",
      "budget_exceeded",
      "arrearage",
      "billing",
      "usage_limit",
      "usagelimit",
      "spend_limit",
      "spending_limit",
      "usage_not_included",
      "freetieronly",
      "token_quota_failed",
    ],
  },
  ...requestCodeRules,
  { failure: "foreign_history", words: ["invalid_encrypted_content"] },
  {
    failure: "not_found",
    words: ["model_not_found", "model_not_supported", "model_terms_required", "model_decommissioned", "invalid_model", "deploymentnotfound", "operationnotsupported"],
  },
  /** What this model wrote for this request did not parse (Groq, with 400): another one writes something else. */
  { failure: "unsupported", words: ["tool_use_failed", "json_validate_failed", "output_parse_failed"] },
];

/**
 * Codes of a family, whose member a message may name: a bill comes as `rate_limit_error` too. They count after
 * messages.
 */
export const familyCodeRules: readonly Rule[] = [{ failure: "rate_limited", words: ["rate_limit", "too_many_requests", "throttl", "servicequotaexceeded"] }];

/** For dialects whose code is a family (`invalid_request_error`) and whose message names the member. */
export const messageRules: readonly Rule[] = [
  ...sizeRules,
  { failure: "auth", words: ["incorrect api key", "invalid api key", "api key not valid", "api key expired", "organization has been disabled", "user location is not supported"] },
  {
    failure: "quota_exhausted",
    words: [
      "credit balance is too low",
      "insufficient balance",
      "exceeded your current quota",
      "specified api usage limits",
      "budget has been exceeded",
      "account is in good standing",
      "check your plan and billing",
      "enable billing",
      "out of credits",
      "all available credits",
      "have any credits",
      "spending limit",
      "out of extra usage",
      "your extra usage",
      "usage limit has been reached",
      "usage limit reached",
      "is suspended, possibly",
      "quota is not enough",
      "quota has been exhausted",
      "daily free allocation",
      "free-models-per-day",
      "key limit exceeded",
      "budget limit exceeded",
    ],
  },
  /** Thoughts that another provider, or another account, signed or encrypted, or that it did not write at all. */
  {
    failure: "foreign_history",
    words: ["signature` in `thinking`", "signature in thinking", "thought signature", "thought_signature", "encrypted content", "must start with a thinking block", "must be passed back to the api"],
  },
  ...lengthRules,
  ...capabilityRules,
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
      "sensitive content",
      "new_sensitive",
    ],
  },
  /** The gateway chose the model. */
  {
    failure: "not_found",
    words: ["model has been decommissioned", "model not exist", "model not found", "invalid model:", "not a valid model", "requested model is not supported"],
  },
  { failure: "overloaded", words: ["model is at capacity"] },
  /** LM Studio's own trouble, with 400 (charmbracelet/crush issue 2546). */
  { failure: "server_error", words: ["failed to load model", "model has crashed", "model unloaded", "model is unloaded"] },
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
  /** Of a proxy on the way to the provider. */
  { failure: "malformed", words: ["html_page"] },
];

/** An error inside a stream or a 200 whose code is not a status. */
export const streamRules: readonly Rule[] = [
  ...serverCodeRules,
  { failure: "rate_limited", words: ["rate_limit", "too_many_requests"] },
  { failure: "auth", words: ["authentication", "permission"] },
  { failure: "not_found", words: ["not_found"] },
  { failure: "bad_request", words: ["invalid_request", "invalid_parameter", "invalidparameter", "invalid_argument", "validation"] },
];
