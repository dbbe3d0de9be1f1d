import type { ProviderError } from "../../kernel/chat.ts";
import type { FailureKind } from "../../kernel/outcome.ts";
import { goDurationMs, withinADay } from "../../kernel/waits.ts";

/** `Please try again in 1m6.2s`, `Please retry in 23.4s.`, `Please retry after 26 seconds`, `Try again in ~162 min.` */
const wait = /\b(?:try again|retry) (?:in|after) (?:about |~)?(\d[\dhms.]{0,20}?)\.?(?= |,|$)(?: (sec|min|hour|day)(?:ond|ute)?s?\b)?/i;
const unitsMs: Readonly<Record<string, number>> = { sec: 1_000, min: 60_000, hour: 3_600_000, day: 86_400_000 };
const plain = /^\d{1,6}(?:\.\d{1,9})?$/;

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
  const waitMs = unit === undefined ? goDurationMs(text.toLowerCase()) : plain.test(text) ? Number(text) * unitsMs[unit.toLowerCase()]! : null;
  return waitMs === null ? null : withinADay(waitMs);
}
