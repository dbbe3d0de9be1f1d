import type { Headers } from "../../kernel/transport.ts";
import { utcMs } from "../../kernel/calendar.ts";
import { goDurationMs, withinADay } from "../../kernel/waits.ts";
import { httpDateMs } from "./retry-after.ts";

/**
 * A quota's remaining and reset headers: OpenRouter's and Together's (reset as a number), OpenAI's (a Go duration) and
 * Anthropic's (RFC 3339).
 */
const quotas = [
  ["x-ratelimit-remaining", "x-ratelimit-reset"] as const,
  ...["requests", "tokens"].map((name) => [`x-ratelimit-remaining-${name}`, `x-ratelimit-reset-${name}`] as const),
  ...["requests", "tokens", "input-tokens", "output-tokens"].map((name) => [`anthropic-ratelimit-${name}-remaining`, `anthropic-ratelimit-${name}-reset`] as const),
];

/**
 * Time until every quota that a refusal reports as used up has some again, ms; null where it reports none. For a 429
 * without Retry-After. A date is compared with the answer's own `date` header where it has one, as Retry-After's is.
 */
export function limitResetMs(headers: Headers, wallMs: number): number | null {
  const nowMs = httpDateMs(headers["date"] ?? "") ?? wallMs;
  const waits = quotas.flatMap(([remaining, reset]) => {
    if (headers[remaining]?.trim() !== "0") return [];
    const text = headers[reset]?.trim() ?? "";
    const wait = goDurationMs(text) ?? sinceMs(rfc3339Ms(text), nowMs) ?? numberMs(text, nowMs);
    return (wait === null ? null : withinADay(wait)) ?? [];
  });
  return waits.length === 0 ? null : Math.max(...waits);
}

const timestamp = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?Z$/;

/** Unix ms of a moment in UTC, `2026-11-22T12:00:00Z` (RFC 3339); null for anything else. */
export function rfc3339Ms(text: string): number | null {
  const match = timestamp.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const whole = utcMs({ year, month, day, hour, minute, second });
  return whole === null ? null : whole + Number(`0${match[7] ?? ""}`) * 1000;
}

/** A bare number: Unix ms or Unix seconds where it is large enough to be one, else seconds from now. */
function numberMs(text: string, nowMs: number): number | null {
  if (!/^\d{1,13}(\.\d{1,6})?$/.test(text)) return null;
  const value = Number(text);
  if (value >= 1e11) return Math.max(0, value - nowMs);
  return value >= 1e9 ? Math.max(0, value * 1000 - nowMs) : value * 1000;
}

function sinceMs(atMs: number | null, nowMs: number): number | null {
  return atMs === null ? null : Math.max(0, atMs - nowMs);
}
