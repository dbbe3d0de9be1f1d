import type { ProviderFault } from "../core/contracts.ts";
import { proxyPageOf } from "./json.ts";

/** The fault for an invalid request, in OpenAI's words. */
export function openaiInvalid(message: string, param: string | null, code: string | null): ProviderFault {
  return { status: 400, type: "invalid_request_error", code, message, ...(param !== null && { param }) };
}

/**
 * OpenAI's fault for a status during an outage. Codes: 429 `rate_limit_exceeded`, 503 `server_is_overloaded` (OpenAI
 * error guide). 401 and 403 as seen when a session or key store failed. 502, 504 and 52x are its proxy's pages.
 */
export function openaiFaultOf(status: number, model: string, retryAfterS: number): ProviderFault {
  const page = proxyPageOf(status);
  if (page !== null) return { ...serverError(status, null, "Bad gateway"), raw: page };
  switch (status) {
    case 400:
      return openaiInvalid("Invalid request.", null, null);
    case 401:
      return { ...openaiInvalid("Incorrect API key provided.", null, "invalid_api_key"), status };
    case 403:
      return { ...openaiInvalid("You have insufficient permissions for this operation.", null, "insufficient_permissions"), status };
    case 404:
      return { ...openaiInvalid(`The model \`${model}\` does not exist or you do not have access to it.`, null, "model_not_found"), status };
    case 429: {
      const message = `Rate limit reached for ${model} on requests per min (RPM): Limit 10000, Used 10000, Requested 1. Please try again in ${retryAfterS}s.`;
      return { status, type: "requests", code: "rate_limit_exceeded", message, retryAfterS };
    }
    case 500:
      return serverError(status, null, "The server had an error while processing your request. Sorry about that!");
    case 503:
      return serverError(status, "server_is_overloaded", "The server is currently overloaded with other requests. Sorry about that! Please try again later.");
    default:
      return serverError(status, null, `Request failed with status ${status}.`);
  }
}

function serverError(status: number, code: string | null, message: string): ProviderFault {
  return { status, type: "server_error", code, message };
}
