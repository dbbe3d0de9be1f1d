import { utcMs } from "../../kernel/calendar.ts";
import type { JsonObject } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { asArray, asNumber, asObject, asString } from "./json.ts";
import { withinADay } from "../../kernel/waits.ts";

/** Seconds since 1970 in 2001: no wait is as long. */
const EPOCH_S_MIN = 1e9;

/**
 * How long a provider asks not to be called, ms; null if it does not say or cannot be parsed. In this order:
 * `retry-after-ms`, `x-ms-retry-after-ms` (Azure), `retry-after` in seconds or as an HTTP date (RFC 9110, section
 * 10.2.3), or, against that section, as Unix seconds (cloudfoundry/cloud_controller_ng issue 2544). Of a header that
 * came several times, the longest. A date is compared with the answer's own `date` header where it has one, so that
 * clock skew does no harm. A date in the past is 0.
 */
export function retryAfterMs(headers: Headers, wallMs: number): number | null {
  const ms = longest(headers["retry-after-ms"]) ?? longest(headers["x-ms-retry-after-ms"]);
  if (ms !== null) return withinADay(ms);
  const nowMs = () => httpDateMs(headers["date"] ?? "") ?? wallMs;
  const seconds = longest(headers["retry-after"]);
  if (seconds !== null && seconds >= EPOCH_S_MIN) return untilEpoch(seconds * 1000 - nowMs());
  if (seconds !== null) return withinADay(seconds * 1000);
  const untilMs = httpDateMs(headers["retry-after"] ?? "");
  return untilMs === null ? null : withinADay(Math.max(0, untilMs - nowMs()));
}

/**
 * What a Google error asks for in its details, a protobuf duration in JSON: `{"retryDelay": "19.5s"}`. Null: nothing.
 */
export function retryDelayMs(error: JsonObject): number | null {
  const delays = (asArray(error["details"]) ?? []).map((detail) => asString(asObject(detail)?.["retryDelay"]));
  const match = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(delays.find((delay) => delay !== null) ?? "");
  return match === null ? null : withinADay(Math.round(Number(match[1]) * 1000));
}

/** Fields of a body that name a wait, and the ms of their unit. */
const waitFields = { retry_after_ms: 1, retry_after: 1_000, retryAfter: 1_000, retry_after_seconds: 1_000, resets_in_seconds: 1_000 } as const;

/**
 * How long an error's body asks not to be called, ms: some servers say it there alone (HKUDS/nanobot issue 2763). Null:
 * it does not.
 */
export function bodyWaitMs(body: JsonObject): number | null {
  const error = asObject(body["error"]);
  for (const holder of [error, asObject(error?.["metadata"]), body]) {
    for (const [name, unitMs] of Object.entries(waitFields)) {
      const wait = asNumber(holder?.[name]);
      if (wait !== null && wait >= 0) return withinADay(wait * unitMs);
    }
  }
  return null;
}

/** Null for a moment that has passed: then the number was something else. */
function untilEpoch(waitMs: number): number | null {
  return waitMs < 0 ? null : withinADay(waitMs);
}

/** The greatest of a list of numbers; null where one of them is not a number. */
function longest(text: string | undefined): number | null {
  const numbers = (text ?? "").split(",").map(decimal);
  return numbers.every((each) => each !== null) ? Math.max(...numbers) : null;
}

/** A decimal number, a negative one as 0; null for anything else. */
function decimal(text: string): number | null {
  const trimmed = text.trim();
  return /^-?\d{1,12}(\.\d{1,6})?$/.test(trimmed) ? Math.max(0, Number(trimmed)) : null;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const time = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";
const dateForms = [
  /** IMF-fixdate, and the two obsolete forms that a recipient must read: RFC 850's and asctime's. */
  `[A-Z][a-z]{2}, (?<day>\\d\\d) (?<month>[A-Z][a-z]{2}) (?<year>\\d{4}) ${time} GMT`,
  `[A-Z][a-z]{5,8}, (?<day>\\d\\d)-(?<month>[A-Z][a-z]{2})-(?<year>\\d\\d) ${time} GMT`,
  `[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * Unix ms of an HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT` or its obsolete forms (RFC 9110, section 5.6.7); null for
 * anything else. Two-digit years start at 1970.
 */
export function httpDateMs(text: string): number | null {
  const trimmed = text.trim();
  for (const form of dateForms) {
    const parts = form.exec(trimmed)?.groups;
    if (parts === undefined) continue;
    const number = (name: string) => Number(parts[name]);
    const year = number("year");
    const century = year >= 100 ? 0 : year >= 70 ? 1900 : 2000;
    const month = months.indexOf(parts["month"]!) + 1;
    return utcMs({ year: century + year, month, day: number("day"), hour: number("hour"), minute: number("minute"), second: number("second") });
  }
  return null;
}
