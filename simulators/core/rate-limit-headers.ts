import type { Headers } from "../../kernel/transport.ts";
import { utcText } from "../../kernel/calendar.ts";
import type { LimitDecision, QuotaName } from "./rate-limiter.ts";

/** The form of a provider's limit headers. `none`: it sends none (Gemini, Bedrock). */
export type LimitForm = "openai" | "anthropic" | "none";

const forms: Readonly<Record<string, LimitForm>> = { anthropic: "anthropic", gemini: "none", bedrock: "none" };

/** By the dialect's name. OpenAI's for every format that is like OpenAI's. */
export function limitFormOf(dialect: string): LimitForm {
  return forms[dialect] ?? "openai";
}

const headerNames: Readonly<Record<Exclude<LimitForm, "none">, Readonly<Partial<Record<QuotaName, string>>>>> = {
  openai: { requests: "requests", tokens: "tokens" },
  anthropic: { requests: "requests", tokens: "tokens", input_tokens: "input-tokens", output_tokens: "output-tokens" },
};

/**
 * The quotas in a provider's own headers: the state of the bucket after the decision, exact and not rounded either way.
 * Sources: OpenAI, "Rate limits in headers" (reset as a Go duration); Anthropic, "Response headers" (reset as RFC 3339,
 * whole seconds). A refusal adds `retry-after` in whole seconds, rounded up, and OpenAI's `retry-after-ms`, which is
 * exact.
 */
export function limitHeaders(form: LimitForm, decision: LimitDecision, wallMs: number): Headers {
  if (form === "none") return {};
  const entries = decision.quotas.flatMap(({ quota, perMinute, remaining, resetMs }) => {
    const name = headerNames[form][quota];
    if (name === undefined) return [];
    const limit = String(perMinute);
    const rest = String(remaining);
    return form === "openai"
      ? [[`x-ratelimit-limit-${name}`, limit], [`x-ratelimit-remaining-${name}`, rest], [`x-ratelimit-reset-${name}`, goDuration(resetMs)]]
      : [
          [`anthropic-ratelimit-${name}-limit`, limit],
          [`anthropic-ratelimit-${name}-remaining`, rest],
          [`anthropic-ratelimit-${name}-reset`, utcText(Math.ceil((wallMs + resetMs) / 1000) * 1000)],
        ];
  });
  return { ...(Object.fromEntries(entries) as Headers), ...retryHeaders(form, decision) };
}

function retryHeaders(form: LimitForm, decision: LimitDecision): Headers {
  if (decision.admitted || decision.retryAfterMs === null) return {};
  const seconds = String(Math.ceil(decision.retryAfterMs / 1000));
  return { "retry-after": seconds, ...(form === "openai" && { "retry-after-ms": String(decision.retryAfterMs) }) };
}

/** Whole ms as Go prints a duration: `0s`, `120ms`, `1.5s`, `6m0s`, `1h0m0.25s`. */
export function goDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
