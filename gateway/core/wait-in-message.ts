import type { ProviderError } from "../../kernel/chat.ts";
import type { FailureKind } from "../../kernel/outcome.ts";

/** `Please try again in 1m6.2s`, `Please retry in 23.4s.`, `Please retry after 26 seconds`. */
const wait = /\b(?:try again|retry) (?:in|after) (\d[\dhms.]{0,20}?)\.?(?= |,|$)(?: (second|minute)s?\b)?/i;

const duration = /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,9})?)s)?$/;
const milliseconds = /^(\d{1,9}(?:\.\d{1,9})?)ms$/;
const plain = /^\d{1,6}(?:\.\d{1,9})?$/;

/** No provider's quota lasts longer than a day. */
const WAIT_MS_MAX = 24 * 60 * 60 * 1000;

/** The error of a failure, with the wait that its message names, where it is a limit and names none elsewhere. */
export function withWait(error: ProviderError, failure: FailureKind): ProviderError {
  const isLimit = failure === "rate_limited" || failure === "overloaded";
  return isLimit && error.retryAfterMs === null ? { ...error, retryAfterMs: waitInMessage(error.message) } : error;
}

/**
 * How long an error's message asks to wait, ms; null: it does not say. OpenAI says it nowhere else in a stream, which
 * has no headers (openai/codex pull request 2266).
 */
export function waitInMessage(message: string): number | null {
  const [, text = "", unit] = wait.exec(message) ?? [];
  const waitMs = unit === undefined ? durationMs(text.toLowerCase()) : plain.test(text) ? Number(text) * (unit.toLowerCase() === "minute" ? 60_000 : 1_000) : null;
  return waitMs === null || waitMs > WAIT_MS_MAX ? null : waitMs;
}

function durationMs(text: string): number | null {
  const short = milliseconds.exec(text);
  if (short !== null) return Number(short[1]);
  const match = duration.exec(text);
  if (match === null || text === "") return null;
  const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((part) => Number(part ?? 0)) as [number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}
