import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FailureKind } from "../../../kernel/outcome.ts";
import { codeRules, familyCodeRules, messageRules, statusRules, streamRules, type Rule } from "./classify-rules.ts";
import { classify } from "./classify.ts";

const rows: readonly (readonly [status: number | null, code: string, message: string, failure: FailureKind])[] = [
  [429, "rate_limit_exceeded", "", "rate_limited"],
  [429, "rate_limit_error", "", "rate_limited"],
  [429, "insufficient_quota", "You exceeded your current quota", "quota_exhausted"],
  [429, "credit_balance_exhausted", "", "quota_exhausted"],
  [400, "invalid_request_error", "Your credit balance is too low to access the API", "quota_exhausted"],
  [400, "invalid_request_error", "You have reached your specified API usage limits. You will regain access on 2026-04-01.", "quota_exhausted"],
  [402, "payment_required", "", "quota_exhausted"],
  [503, "server_is_overloaded", "", "overloaded"],
  [529, "overloaded_error", "", "overloaded"],
  [500, "server_error", "maximum context length", "context_length"],
  [502, "upstream_error", "Your input exceeds the context window of this model.", "context_length"],
  [503, "service_unavailable", "The content moderation service is not available", "overloaded"],
  [502, "", "", "server_error"],
  [504, "", "", "server_error"],
  [408, "", "", "server_error"],
  [409, "", "", "server_error"],
  [425, "http_425", "", "server_error"],
  [499, "cancelled", "", "server_error"],
  [498, "capacity_exceeded", "", "overloaded"],
  [400, "server_error", "The server is overloaded or not ready yet.", "server_error"],
  [400, "invalid_request_error", "The server is overloaded", "bad_request"],
  [404, "service_unavailable", "", "not_found"],
  [429, "capacity_exceeded", "", "rate_limited"],
  [401, "invalid_api_key", "", "auth"],
  [400, "invalid_argument", "Incorrect API key provided: xa***", "auth"],
  [403, "permission_error", "", "auth"],
  [407, "http_407", "", "auth"],
  [404, "model_not_found", "", "not_found"],
  [405, "http_405", "", "not_found"],
  [410, "", "", "not_found"],
  [400, "context_length_exceeded", "", "context_length"],
  [400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "context_length"],
  [400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000", "context_length"],
  [400, "400", "the request exceeds the available context size (4096 tokens), try increasing it", "context_length"],
  [400, "invalid_request_error", "Output blocked by content filtering policy", "content_filter"],
  [400, "content_policy_violation", "", "content_filter"],
  [400, "content_filter", "", "content_filter"],
  [400, "invalid_request_error", "max_tokens: must be positive", "bad_request"],
  [413, "request_too_large", "", "too_large"],
  [413, "http_413", "HTTP 413 without a readable error", "too_large"],
  [413, "rate_limit_exceeded", "Request too large for model `m` on tokens per minute (TPM): Limit 8000, Requested 10220", "too_large"],
  [429, "rate_limit_exceeded", "Request too large for gpt-4 on tokens per min (TPM): Limit 10000, Requested 20000.", "too_large"],
  [413, "rate_limit_exceeded", "Slow down", "rate_limited"],
  [400, "ThrottlingException", "", "rate_limited"],
  [403, "403", 'm requires moderation on P. Your input was flagged for "violence". No credits were charged.', "content_filter"],
  [403, "permission-denied", "Content violates usage guidelines.", "content_filter"],
  [403, "moderation_blocked", "", "content_filter"],
  [403, "permission_error", "Your account was flagged for review", "auth"],
  [400, "invalid_prompt", "Your prompt was flagged as potentially violating our usage policy", "content_filter"],
  [400, "data_inspection_failed", "Input data may contain inappropriate content.", "content_filter"],
  [400, "invalid_request_error", "Content Exists Risk", "content_filter"],
  [400, "model_decommissioned", "", "not_found"],
  [400, "model_not_found", "", "not_found"],
  [500, "context_length_exceeded", "", "context_length"],
  [502, "content_filter", "", "content_filter"],
  [422, "", "", "bad_request"],
  [404, "invalid_request_error", "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.", "bad_request"],
  [404, "previous_response_not_found", "Previous response with id 'resp_1' not found.", "bad_request"],
  [404, "invalid_request_error", "No such File object: file-1", "bad_request"],
  [404, "invalid_request_error", "Conversation with id 'conv_1' not found.", "bad_request"],
  [400, "invalid_encrypted_content", "The encrypted content gAAA... could not be verified.", "foreign_history"],
  [400, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block", "foreign_history"],
  [400, "invalid_request_error", "messages.1.content.0: Invalid signature in thinking block", "foreign_history"],
  [400, "invalid_request_error", "messages.1.content.0.type: Expected `thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block", "foreign_history"],
  [400, "400", "Corrupted thought signature.", "foreign_history"],
  [400, "400", "Function call is missing a thought_signature in functionCall parts.", "foreign_history"],
  [400, "invalid_request_error", "The `reasoning_content` in the thinking mode must be passed back to the API.", "foreign_history"],
  [503, "slow_down", "Slow Down", "overloaded"],
  [403, "unsupported_country_region_territory", "Country, region, or territory not supported", "auth"],
  [400, "billing_hard_limit_reached", "Billing hard limit has been reached", "quota_exhausted"],
  [400, "invalid_request_error", "This organization has been disabled.", "auth"],
  [504, "timeout_error", "", "server_error"],
  [400, "FAILED_PRECONDITION", "User location is not supported for the API use.", "auth"],
  [400, "FAILED_PRECONDITION", "Gemini API free tier is not available in your country. Please enable billing on your project.", "quota_exhausted"],
  [400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "context_length"],
  [400, "OperationNotSupported", "The chatCompletion operation does not work with the specified model, x.", "not_found"],
  [404, "DeploymentNotFound", "The API deployment for this resource does not exist.", "not_found"],
  [400, "ValidationException", "Input is too long for requested model.", "context_length"],
  [424, "ModelErrorException", "The request failed due to an error while processing the model.", "server_error"],
  [400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account. You can resubmit your request later.", "rate_limited"],
  [403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", "auth"],
  [400, "invalid_request_error", "Prompt contains 40000 tokens, too large for model with 32768 maximum context length", "context_length"],
  [400, "BadRequestError", "The decoder prompt (length 5000) is longer than the maximum model length of 4096.", "context_length"],
  [404, "NotFoundError", "The model `x` does not exist.", "not_found"],
  [400, "invalid_request_error", "Model Not Exist", "not_found"],
  [400, "400", "deepseek/deepseek-chat-v9 is not a valid model ID", "not_found"],
  [400, "1500", "Invalid model: mistral-huge", "not_found"],
  [400, "model_not_supported", "The requested model is not supported.", "not_found"],
  [400, "model_terms_required", "The model `x` requires terms acceptance.", "not_found"],
  [400, "Arrearage", "Access denied, please make sure your account is in good standing.", "quota_exhausted"],
  [400, "400", "Budget has been exceeded! Current cost: 12.3, Max budget: 10.0", "quota_exhausted"],
  [400, "unknown", "credit insufficient balance: balance=0 required=4560", "quota_exhausted"],
  [429, "exceeded_current_quota_error", "Your account is suspended, please check your plan and billing details", "quota_exhausted"],
  [429, "1113", "Insufficient balance or no resource package. Please recharge.", "quota_exhausted"],
  [400, "400", "API key expired. Please renew the API key.", "auth"],
  [400, "http_400", "Selected model is at capacity. Please try a different model.", "overloaded"],
  [498, "unknown", "Flex tier capacity exceeded", "overloaded"],
  [421, "http_421", "", "server_error"],
  [451, "censorship_blocked", "The content you provided or machine outputted is blocked.", "content_filter"],
  [400, "1301", "System detected potentially unsafe or sensitive content in input or generation.", "content_filter"],
  [422, "bad_request_error", "input new_sensitive (1026)", "content_filter"],
  [400, "html_page", "HTTP 400 without a readable error", "malformed"],
  [404, "html_page", "HTTP 404 without a readable error", "not_found"],
  [413, "html_page", "HTTP 413 without a readable error", "too_large"],
  [502, "html_page", "HTTP 502 without a readable error", "server_error"],
  [429, "rate_limit_error", "Extra usage is required for long context requests.", "too_large"],
  [429, "ThrottlingException", "Too many tokens, please wait before trying again.", "rate_limited"],
  [302, "", "", "malformed"],
  [null, "overloaded_error", "", "overloaded"],
  [null, "rate_limit_error", "", "rate_limited"],
  [null, "api_error", "", "server_error"],
  [null, "context_length_exceeded", "", "context_length"],
  [null, "insufficient_quota", "", "quota_exhausted"],
  [null, "authentication_error", "", "auth"],
  [null, "429", "Provider returned error", "rate_limited"],
  [null, "402", "Insufficient credits", "quota_exhausted"],
  [null, "400", "", "bad_request"],
  [null, "400", "This model's maximum context length is 4096 tokens", "context_length"],
  [null, "503", "", "overloaded"],
  [null, "1301", "", "server_error"],
  [null, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "context_length"],
];

/**
 * Of SGLang, xAI, Ollama, Moonshot, Alibaba, Zhipu, Copilot, LM Studio, TGI, OpenAI, TensorRT-LLM, Cohere and Groq, in
 * this order.
 */
test.each([
  "The input (40000 tokens) is longer than the model's context length (32768 tokens).",
  "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
  "prompt too long; exceeded max context length by 4 tokens",
  "Invalid request: Your request exceeded model token limit: 262144 (requested: 279632)",
  "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
  "Prompt exceeds max length",
  "prompt token count of 70000 exceeds the limit of 64000",
  "The number of tokens to keep from the initial prompt is greater than the context length.",
  "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens",
  "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300012 tokens.",
  "Prompt length (9000) exceeds maximum input length (8192).",
  "too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs.",
  "Please reduce the length of the messages or completion.",
])("classify: a prompt that is too long, in a server's words: %s", (message) => {
  for (const status of [400, 422, 500, null]) expect(classify({ status, code: "unknown", message, retryAfterMs: null })).toBe("context_length");
});

test.each(rows)("classify: %s %s %s is %s", (status, code, message, failure) => {
  expect(classify({ status, code, message, retryAfterMs: null })).toBe(failure);
});

/** The rules as the table of docs/failures.md. */
function classTable(): string {
  const rest: Readonly<Partial<Record<FailureKind, string>>> = { server_error: "other 5xx", bad_request: "other 4xx", malformed: "other than 2xx" };
  const failures = [...new Set([...statusRules, ...codeRules, ...streamRules].map(({ failure }) => failure))];
  const quoted = (rules: readonly Rule[], failure: FailureKind) => rules.flatMap((rule) => (rule.failure === failure ? rule.words.map((word) => `\`${word}\``) : [])).join(", ");
  const rows = failures.map((failure) => {
    const statuses = statusRules.flatMap((rule) => (rule.failure === failure ? rule.statuses.map(String) : []));
    const cells = [`\`${failure}\``, [...statuses, ...(rest[failure] === undefined ? [] : [rest[failure]])].join(", "), quoted([...codeRules, ...familyCodeRules], failure), quoted(messageRules, failure), quoted(streamRules, failure)];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| failure | status | below 500, or without one, a code with | or a message with | without a status, a code with |", "|---|---|---|---|---|", ...rows].join("\n");
}

test("classify: docs/failures.md holds the rules that the code holds", () => {
  const page = readFileSync(new URL("../../../docs/failures.md", import.meta.url), "utf8");
  expect(page).toContain(classTable());
});
