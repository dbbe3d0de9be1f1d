import type { Json } from "../../kernel/chat.ts";
import type { ProviderFault } from "../core/contracts.ts";
import { proxyPageOf } from "./json.ts";

/** `error.status` by HTTP status (ai.google.dev/gemini-api/docs/troubleshooting, google.rpc.Code). */
const statuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  429: "RESOURCE_EXHAUSTED",
  499: "CANCELLED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

const messages: Readonly<Record<number, string>> = {
  400: "Request contains an invalid argument.",
  401: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
  403: "The caller does not have permission",
  429: "You exceeded your current quota, please check your plan and billing details.",
  499: "The operation was cancelled.",
  500: "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
  503: "The model is overloaded. Please try again later.",
  504: "The request timed out. Please try again.",
};

export function geminiFault(status: number, message: string): ProviderFault {
  const type = statuses[status] ?? "UNKNOWN";
  return { status, type, code: type, message };
}

/**
 * Gemini's fault for a status during an outage. It has no Retry-After: a rate limit has the wait in its `RetryInfo`.
 */
export function geminiFaultOf(status: number, model: string, retryAfterS: number): ProviderFault {
  if (status === 404) return geminiNotFound(model);
  const fault = geminiFault(status, messages[status] ?? `Request failed with status ${status}.`);
  if (status === 429) return { ...fault, retryAfterS };
  const page = status === 504 ? null : proxyPageOf(status);
  return page === null ? fault : { ...fault, raw: page };
}

export function geminiNotFound(model: string): ProviderFault {
  return geminiFault(404, `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`);
}

/** The body of an error, and of an in-band error. */
export function geminiError({ status, message, type, retryAfterS }: ProviderFault): Json {
  const details = [
    {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [{ quotaMetric: "generativelanguage.googleapis.com/generate_content_requests", quotaId: "GenerateRequestsPerMinutePerProjectPerModel" }],
    },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retryAfterS ?? 1}s` },
  ];
  return { error: { code: status, message, status: type, ...(status === 429 && { details }) } };
}
