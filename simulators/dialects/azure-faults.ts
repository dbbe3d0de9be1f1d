import type { Json } from "../../kernel/chat.ts";
import type { ProviderFault } from "../core/contracts.ts";
import { proxyPageOf } from "./json.ts";

/**
 * The categories of the content filter in an answer that passed it (learn.microsoft.com, Azure OpenAI, "Content
 * filtering").
 */
const passed = { filtered: false, severity: "safe" };
const categories = { hate: passed, self_harm: passed, sexual: passed, violence: passed };

export const completionFilter: Json = { ...categories, protected_material_code: { filtered: false, detected: false }, protected_material_text: { filtered: false, detected: false } };
export const promptFilter: Json = [{ prompt_index: 0, content_filter_results: { ...categories, jailbreak: { filtered: false, detected: false } } }];

/** `innererror` of a prompt that the filter refused. */
const refusedPrompt: Json = {
  code: "ResponsibleAIPolicyViolation",
  content_filter_result: { ...categories, jailbreak: { filtered: true, detected: true } },
};

const contentFilter = "content_filter";

const codes: Readonly<Record<number, string>> = { 400: contentFilter, 403: "403", 404: "DeploymentNotFound", 408: "Timeout", 500: "InternalServerError", 503: "InternalServerError" };

const messages: Readonly<Record<number, string>> = {
  400: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
  401: "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.",
  403: "Access denied due to Virtual Network/Firewall rules.",
  404: "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.",
  408: "The operation was timeout.",
  500: "The server had an error while processing your request. Sorry about that!",
  503: "The service is temporarily unable to process your request. Please try again later.",
};

export function azureFault(status: number, message?: string): ProviderFault {
  return { status, type: "", code: codes[status] ?? String(status), message: message ?? messages[status] ?? `Request failed with status ${status}.` };
}

/** Azure OpenAI's fault for a status during an outage. A 429 has the wait in its message and in Retry-After. */
export function azureFaultOf(status: number, retryAfterS: number): ProviderFault {
  if (status === 429) {
    const operation = "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded call rate limit of your current OpenAI S0 pricing tier.";
    return { ...azureFault(429, `${operation} Please retry after ${retryAfterS} seconds.`), retryAfterS };
  }
  const page = status === 502 || status === 504 ? proxyPageOf(status) : null;
  return page === null ? azureFault(status) : { ...azureFault(status), raw: page };
}

/** `error` of a body: code and message, and the filter's results for a refusal by the content filter. */
export function azureError({ status, code, message, param }: ProviderFault): Json {
  if (code === contentFilter) return { message, type: null, param: "prompt", code, status, innererror: refusedPrompt };
  return { code, message, ...(param !== undefined && { param, type: "invalid_request_error" }) };
}
