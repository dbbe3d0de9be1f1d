import type { Headers } from "../../kernel/transport.ts";
import { CredentialUnavailable, type AttemptFailure } from "./attempt-failure.ts";
import type { Reply } from "./call.ts";
import type { AttemptReport } from "./attempt-report.ts";
import { classify } from "./policies/classify.ts";
import { failureClasses, isAboutRequest } from "./policies/failures.ts";

/** A refusal before any provider was asked. */
export function rejected(by: string, error: { status: number; type: string; code: string; message: string }, headers: Headers = {}): Extract<Reply, { kind: "error" }> {
  return { kind: "error", error, headers, outcome: { kind: "rejected", by } };
}

/**
 * On an answer by which nothing was delivered because of the way to the providers: the gateway of another region may
 * fare better. An edge asks one by it (gateway/edge/core/elsewhere.ts).
 */
export const undeliveredHeader = "x-blastlab-undelivered";

/** The gateway's process ends: another one, or its successor, can take the request. */
export function shuttingDown() {
  const error = { status: 503, type: "server_error", code: "gateway_shutting_down", message: "The gateway is shutting down" };
  return rejected("shutdown", error, { "retry-after": "1" });
}

/**
 * A failure that surfaces after all attempts. The answer forbids a retry on top (`x-should-retry`, which the
 * OpenAI SDKs honour). A provider's own message reaches the client only for the client's own fault, because others may
 * name keys.
 */
export function surfaced(failure: AttemptFailure, retryAfterMs: number | null): Reply {
  const { status, code } = failure instanceof CredentialUnavailable ? credentialUnavailable : failureClasses[failure.failure];
  const isCaller = isAboutRequest(failure.failure);
  const isLater = (status === 429 || status === 503) && retryAfterMs !== null;
  const error = {
    status: failure.failure === "bad_request" ? (failure.provider?.status ?? status) : status,
    type: isCaller ? "invalid_request_error" : status === 429 ? "rate_limit_error" : "upstream_error",
    code: isCaller && saysItself(failure) ? failure.provider!.code : code,
    message: isCaller || failure.provider === null ? failure.message : `The provider failed: ${failure.failure}`,
  };
  const isUndelivered = mayBeThisRegions(failure);
  const headers = { "x-should-retry": "false", ...(isUndelivered && { [undeliveredHeader]: "1" }), ...(isLater && { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }) };
  return { kind: "error", error, headers, outcome: { kind: "failure", failure: failure.failure } };
}

/**
 * No answer of a provider came through, and another deployment could have made one. A 429 or a 503 is a provider's own
 * answer.
 */
function mayBeThisRegions(failure: AttemptFailure): boolean {
  if (failure instanceof CredentialUnavailable) return true;
  const { elsewhere, status } = failureClasses[failure.failure];
  return elsewhere && (status === 502 || status === 504);
}

/** The gateway's own trouble, which another gateway need not have. */
const credentialUnavailable = { status: 503, code: "credential_unavailable" } as const;

/**
 * Whether the provider's code alone identifies the failure: `invalid_request_error`, for a prompt that is too long,
 * does not.
 */
function saysItself({ failure, provider }: AttemptFailure): boolean {
  return provider !== null && classify({ ...provider, message: "" }) === failure;
}

/** `primary:503@412;backup:ok@230`: each attempt's status or failure, and its length in ms. */
export function attemptsHeader(attempts: readonly AttemptReport[]): string {
  return attempts
    .map(({ deployment, failure, status, startedMs, endedMs }) => {
      const isStatus = status !== null && (status < 200 || status > 299);
      return `${deployment}:${failure === null ? "ok" : isStatus ? status : failure}@${Math.round(endedMs - startedMs)}`;
    })
    .join(";");
}
