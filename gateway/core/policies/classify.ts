import type { ProviderError } from "../../../kernel/chat.ts";
import type { FailureKind } from "../../../kernel/outcome.ts";
import { capabilityRules, codeRules, familyCodeRules, lengthRules, messageRules, requestCodeRules, serverCodeRules, sizeRules, statusRules, streamRules, type Rule } from "./classify-rules.ts";

/**
 * The `FailureKind` of a provider's error. Inside a 200 its code may be the status that it should have had (OpenRouter,
 * vLLM). Sources: OpenAI error codes, Anthropic errors page (2026-06), messages as users of Anthropic, vLLM, llama.cpp
 * and xAI report them.
 */
export function classify(error: ProviderError): FailureKind {
  const code = error.code.toLowerCase();
  const status = error.status ?? statusIn(code);
  const message = error.message.toLowerCase();
  const isServers = status !== null && status >= 500;
  const byText = isServers ? (match(requestCodeRules, code) ?? match(lengthRules, message) ?? match(capabilityRules, message)) : (match(sizeRules, message) ?? match(codeRules, code) ?? match(messageRules, message) ?? match(familyCodeRules, code));
  if (byText !== null) return byText;
  return status === null ? (match(streamRules, code) ?? "server_error") : ofStatus(status, code);
}

function statusIn(code: string): number | null {
  return /^[45]\d\d$/.test(code) ? Number(code) : null;
}

function ofStatus(status: number, code: string): FailureKind {
  const known = statusRules.find(({ statuses }) => statuses.includes(status));
  if (known !== undefined) return known.failure;
  if (status >= 500) return "server_error";
  return status >= 400 ? (match(serverCodeRules, code) ?? "bad_request") : "malformed";
}

function match(rules: readonly Rule[], text: string): FailureKind | null {
  return rules.find((rule) => rule.words.some((word) => (typeof word === "string" ? text.includes(word) : word.test(text))))?.failure ?? null;
}
