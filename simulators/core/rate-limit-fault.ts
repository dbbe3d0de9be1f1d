import type { ProviderFault } from "./contracts.ts";
import { goDuration, type LimitForm } from "./rate-limit-headers.ts";
import type { LimitDecision } from "./rate-limiter.ts";

type Refused = Extract<LimitDecision, { readonly admitted: false }>;

/** Names of the units in each provider's messages. */
const openaiUnits = { requests: "requests per min (RPM)", tokens: "tokens per min (TPM)", input_tokens: "input tokens per min", output_tokens: "output tokens per min" };
const anthropicUnits = { requests: "requests per minute", tokens: "tokens per minute", input_tokens: "input tokens per minute", output_tokens: "output tokens per minute" };

/**
 * The 429 of a limit in the provider's own words. Null where it has none. Sources: OpenAI's error guide
 * (`rate_limit_exceeded`, `slow_down`), Anthropic's "Rate limits" and "Errors" pages.
 */
export function limitFault(form: LimitForm, refused: Refused, model: string): ProviderFault | null {
  if (form === "openai") return openaiLimit(refused, model);
  return form === "anthropic" ? anthropicLimit(refused) : null;
}

function openaiLimit({ by, retryAfterMs, requested, perMinute, quotas }: Refused, model: string): ProviderFault {
  const fault = (type: string, code: string, message: string): ProviderFault => ({ status: 429, type, code, message });
  if (by === "acceleration") return fault("requests", "slow_down", "Your request rate has increased too quickly. Please slow down, hold a steady rate, and then increase it gradually.");
  if (by === "pool") return fault("server_error", "server_is_overloaded", "The engine is currently overloaded, please try again later");
  const type = by === "requests" ? "requests" : "tokens";
  const unit = openaiUnits[by];
  if (retryAfterMs === null) {
    return fault(type, "rate_limit_exceeded", `Request too large for ${model} on ${unit}: Limit ${perMinute}, Requested ${requested}. The input or output tokens must be reduced in order to run successfully.`);
  }
  const used = perMinute - (quotas.find(({ quota }) => quota === by)?.remaining ?? 0);
  const wait = `Please try again in ${goDuration(retryAfterMs)}.`;
  return fault(type, "rate_limit_exceeded", `Rate limit reached for ${model} on ${unit}: Limit ${perMinute}, Used ${used}, Requested ${requested}. ${wait}`);
}

function anthropicLimit({ by, perMinute }: Refused): ProviderFault {
  const fault = (status: number, type: string, message: string): ProviderFault => ({ status, type, code: null, message });
  if (by === "acceleration") return fault(429, "rate_limit_error", "Your organization's usage has increased too sharply (acceleration limit). Please increase it gradually.");
  if (by === "pool") return fault(529, "overloaded_error", "Overloaded");
  return fault(429, "rate_limit_error", `This request would exceed your organization's rate limit of ${perMinute} ${anthropicUnits[by]}.`);
}
