import type { ProviderFault } from "../core/contracts.ts";
import { proxyPageOf } from "./json.ts";

interface Kind {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

/**
 * By status, as DeepSeek documents them (api-docs.deepseek.com, "Error Codes"); Mistral and Groq differ only in the
 * messages.
 */
const kinds: Readonly<Record<number, Kind>> = {
  400: { type: "invalid_request_error", code: "invalid_request_error", message: "Invalid request body format." },
  401: { type: "authentication_error", code: "invalid_request_error", message: "Authentication Fails, Your api key is invalid" },
  402: { type: "unknown_error", code: "invalid_request_error", message: "Insufficient Balance" },
  403: { type: "permission_error", code: "invalid_request_error", message: "Access denied" },
  404: { type: "invalid_request_error", code: "model_not_found", message: "Model Not Exist" },
  422: { type: "invalid_request_error", code: "invalid_request_error", message: "Your request contains invalid parameters." },
  429: { type: "rate_limit_error", code: "rate_limit_reached", message: "Rate limit reached" },
  500: { type: "server_error", code: "internal_error", message: "Our server encounters an issue. Please retry your request after a brief wait." },
  503: { type: "service_unavailable_error", code: "service_unavailable", message: "Service is too busy. Please switch to another service provider temporarily." },
};

export function compatibleFault(status: number, message?: string, param?: string): ProviderFault {
  const kind = kinds[status] ?? { type: "server_error", code: null, message: `Request failed with status ${status}.` };
  return { status, type: kind.type, code: kind.code, message: message ?? kind.message, ...(param !== undefined && { param }) };
}

/** Such a provider's fault for a status during an outage. */
export function compatibleFaultOf(status: number): ProviderFault {
  const page = proxyPageOf(status);
  return page === null ? compatibleFault(status) : { ...compatibleFault(status), raw: page };
}
