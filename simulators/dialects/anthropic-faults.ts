import type { ProviderFault } from "../core/contracts.ts";
import { proxyPageOf } from "./json.ts";

/** `error.type` by status (docs.anthropic.com/en/api/errors). */
const types: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

const messages: Readonly<Record<number, string>> = {
  400: "Invalid request.",
  401: "invalid x-api-key",
  403: "Your API key does not have permission to use the specified resource.",
  429: "Number of requests has exceeded your per-minute rate limit.",
  500: "Internal server error",
  504: "Request timed out",
  529: "Overloaded",
};

/** The body of 503 during the outage of 2025-09-10: the service mesh's text, not the API's JSON (claude-code#7400). */
const meshText = { contentType: "text/plain", text: "upstream connect error or disconnect/reset before headers. reset reason: overflow" };

export function anthropicFault(status: number, message: string): ProviderFault {
  return { status, type: types[status] ?? "api_error", code: null, message };
}

/** Anthropic's fault for a status during an outage. Retry-After is sent with a rate limit and not with an overload. */
export function anthropicFaultOf(status: number, model: string, retryAfterS: number): ProviderFault {
  const message = status === 404 ? `model: ${model}` : (messages[status] ?? `Request failed with status ${status}.`);
  const fault = anthropicFault(status, message);
  if (status === 429) return { ...fault, retryAfterS };
  if (status === 503) return { ...fault, raw: meshText };
  const page = status === 504 ? null : proxyPageOf(status);
  return page === null ? fault : { ...fault, raw: page };
}
