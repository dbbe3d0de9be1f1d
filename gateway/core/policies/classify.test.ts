import { expect, test } from "vitest";
import type { FailureKind } from "../../../kernel/outcome.ts";
import { classify } from "./classify.ts";

const rows: readonly (readonly [status: number | null, code: string, message: string, failure: FailureKind])[] = [
  [429, "rate_limit_exceeded", "", "rate_limited"],
  [429, "rate_limit_error", "", "rate_limited"],
  [429, "insufficient_quota", "You exceeded your current quota", "quota_exhausted"],
  [429, "credit_balance_exhausted", "", "quota_exhausted"],
  [400, "invalid_request_error", "Your credit balance is too low to access the API", "quota_exhausted"],
  [402, "payment_required", "", "quota_exhausted"],
  [503, "server_is_overloaded", "", "overloaded"],
  [529, "overloaded_error", "", "overloaded"],
  [500, "server_error", "maximum context length", "server_error"],
  [502, "", "", "server_error"],
  [504, "", "", "server_error"],
  [408, "", "", "server_error"],
  [401, "invalid_api_key", "", "auth"],
  [403, "permission_error", "", "auth"],
  [404, "model_not_found", "", "not_found"],
  [410, "", "", "not_found"],
  [400, "context_length_exceeded", "", "context_length"],
  [400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "context_length"],
  [400, "content_policy_violation", "", "content_filter"],
  [400, "content_filter", "", "content_filter"],
  [400, "invalid_request_error", "max_tokens: must be positive", "bad_request"],
  [413, "request_too_large", "", "bad_request"],
  [422, "", "", "bad_request"],
  [302, "", "", "malformed"],
  [null, "overloaded_error", "", "overloaded"],
  [null, "rate_limit_error", "", "rate_limited"],
  [null, "api_error", "", "server_error"],
  [null, "context_length_exceeded", "", "context_length"],
  [null, "insufficient_quota", "", "quota_exhausted"],
  [null, "authentication_error", "", "auth"],
];

test.each(rows)("classify: %s %s %s is %s", (status, code, message, failure) => {
  expect(classify({ status, code, message, retryAfterMs: null })).toBe(failure);
});
