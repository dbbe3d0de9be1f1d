import type { ProviderError } from "../../../kernel/chat.ts";
import type { FailureKind } from "../../../kernel/outcome.ts";

interface Rule {
  readonly failure: FailureKind;
  readonly words: readonly string[];
}

/** Of the rest, 4xx is the caller's fault and 5xx the provider's; what is neither, and no 2xx, is no answer. */
const statusRules: readonly { readonly failure: FailureKind; readonly statuses: readonly number[] }[] = [
  { failure: "auth", statuses: [401, 403, 407] },
  { failure: "quota_exhausted", statuses: [402] },
  /** 405: the method is ours, so the URL is not the one. */
  { failure: "not_found", statuses: [404, 405, 410] },
  { failure: "rate_limited", statuses: [429] },
  { failure: "overloaded", statuses: [503, 529] },
  /** The provider's own wait ran out, a conflict, too early, cancelled over there: nothing is wrong with the request, so these are as good as a 5xx. */
  { failure: "server_error", statuses: [408, 409, 425, 499] },
];

/** Codes that say more than their status: a 429 may be a bill, a 400 may be a filter or our own key. First match wins. */
const codeRules: readonly Rule[] = [
  { failure: "auth", words: ["invalid_api_key"] },
  { failure: "quota_exhausted", words: ["insufficient_quota", "credit_balance", "quota_exceeded", "billing"] },
  { failure: "context_length", words: ["context_length", "string_above_max_length", "context_window"] },
  { failure: "content_filter", words: ["content_filter", "content_policy", "responsible_ai"] },
];

/** For dialects whose code is a family (`invalid_request_error`) and whose message says which. */
const messageRules: readonly Rule[] = [
  { failure: "auth", words: ["incorrect api key", "invalid api key", "api key not valid"] },
  { failure: "quota_exhausted", words: ["credit balance is too low", "exceeded your current quota", "specified api usage limits"] },
  { failure: "context_length", words: ["prompt is too long", "maximum context length", "context window", "context limit", "context size"] },
  { failure: "content_filter", words: ["content filtering policy"] },
];

/** An error inside a stream or a 200 whose code is no status. */
const streamRules: readonly Rule[] = [
  { failure: "overloaded", words: ["overloaded", "slow_down", "unavailable"] },
  { failure: "rate_limited", words: ["rate_limit", "too_many_requests"] },
  { failure: "auth", words: ["authentication", "permission"] },
  { failure: "not_found", words: ["not_found"] },
  { failure: "bad_request", words: ["invalid_request"] },
];

/**
 * What a provider's own error is, in the words of `FailureKind`. Inside a 200 its code may be the status that it should have had (OpenRouter, vLLM).
 * Sources: OpenAI error codes, Anthropic errors page (2026-06), messages as users of Anthropic, vLLM, llama.cpp and xAI report them.
 */
export function classify(error: ProviderError): FailureKind {
  const code = error.code.toLowerCase();
  const status = error.status ?? statusIn(code);
  if (status === null || status < 500) {
    const told = match(codeRules, code) ?? match(messageRules, error.message.toLowerCase());
    if (told !== null) return told;
  }
  return status === null ? (match(streamRules, code) ?? "server_error") : ofStatus(status);
}

function statusIn(code: string): number | null {
  return /^[45]\d\d$/.test(code) ? Number(code) : null;
}

function ofStatus(status: number): FailureKind {
  const known = statusRules.find(({ statuses }) => statuses.includes(status));
  if (known !== undefined) return known.failure;
  if (status >= 500) return "server_error";
  return status >= 400 ? "bad_request" : "malformed";
}

function match(rules: readonly Rule[], text: string): FailureKind | null {
  return rules.find((rule) => rule.words.some((word) => text.includes(word)))?.failure ?? null;
}

/** The rules as Markdown: `docs/failures.md` holds them, and a test holds the two together. */
export function classTable(): string {
  const rest: Readonly<Partial<Record<FailureKind, string>>> = { server_error: "other 5xx", bad_request: "other 4xx", malformed: "other than 2xx" };
  const failures = [...new Set([...statusRules, ...codeRules, ...streamRules].map(({ failure }) => failure)), "malformed" as const];
  const quoted = (rules: readonly Rule[], failure: FailureKind) => rules.flatMap((rule) => (rule.failure === failure ? rule.words.map((word) => `\`${word}\``) : [])).join(", ");
  const rows = failures.map((failure) => {
    const statuses = statusRules.flatMap((rule) => (rule.failure === failure ? rule.statuses.map(String) : []));
    const cells = [`\`${failure}\``, [...statuses, ...(rest[failure] === undefined ? [] : [rest[failure]])].join(", "), quoted(codeRules, failure), quoted(messageRules, failure), quoted(streamRules, failure)];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| failure | status | below 500, or without one, a code with | or a message with | without a status, a code with |", "|---|---|---|---|---|", ...rows].join("\n");
}
