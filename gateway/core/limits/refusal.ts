import type { Reply } from "../call.ts";
import { rejected } from "../replies.ts";
import type { LimitDraw } from "./draws.ts";

const units = { requests: "requests", tokens: "tokens", usd: "spend" } as const;

/** Longer than an SDK's own retry would wait: above it the answer forbids a retry. */
const RETRY_WORTH_MS = 60_000;

/**
 * 429 with the time until the window ends. Where only reservations of requests in flight stand in the way, at most a
 * minute: those requests end and return what they do not use. A request larger than the whole limit is told that
 * waiting does not help.
 */
export function overLimit(draw: LimitDraw, wallMs: number, isHeld: boolean): Reply {
  const waitMs = Math.min(Math.max(1, draw.untilMs - wallMs), isHeld ? RETRY_WORTH_MS : Infinity);
  const isTooLarge = draw.amount > draw.limit;
  const isMoney = draw.unit === "usd";
  const error = {
    status: 429,
    type: isMoney ? "insufficient_quota" : "rate_limit_error",
    code: isTooLarge ? "request_exceeds_limit" : isMoney ? "budget_exceeded" : "rate_limit_exceeded",
    message: isTooLarge
      ? `This request may use more than team "${draw.team}" is allowed in a whole window (${units[draw.unit]}): lower max_tokens, or shorten the prompt`
      : `Team "${draw.team}" has used up its ${units[draw.unit]} for now${isHeld ? ", counting what requests in flight may still use" : ""}`,
  };
  if (isTooLarge) return rejected("limits", error, { "x-should-retry": "false" });
  const retry = { "retry-after": String(Math.ceil(waitMs / 1_000)) };
  return rejected("limits", error, waitMs > RETRY_WORTH_MS ? { ...retry, "x-should-retry": "false" } : retry);
}
