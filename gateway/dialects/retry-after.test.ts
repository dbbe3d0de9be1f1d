import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyWaitMs, httpDateMs, retryAfterMs } from "./retry-after.ts";

const wallMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const at = (ms: number) => new Date(ms).toUTCString();

test("httpDateMs: agrees with the platform for every second of 1970 to 2200", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) / 1000 }), (seconds) => {
      expect(httpDateMs(at(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
});

test("httpDateMs: the obsolete forms are read too", () => {
  const moment = Date.UTC(1994, 10, 6, 8, 49, 37);
  expect(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"].map(httpDateMs)).toEqual([moment, moment, moment]);
  expect(httpDateMs("Sunday, 22-Nov-26 12:00:30 GMT")).toBe(wallMs + 30_000);
});

test("httpDateMs: anything else is null", () => {
  for (const text of ["", "120", "Sun, 31 Feb 2026 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "2026-11-22T12:00:00Z"]) expect(httpDateMs(text)).toBeNull();
});

test("retryAfterMs: milliseconds win over seconds, seconds over nothing", () => {
  expect(retryAfterMs({ "retry-after-ms": "1500.5", "retry-after": "9" }, wallMs)).toBe(1500.5);
  expect(retryAfterMs({ "x-ms-retry-after-ms": "20", "retry-after": "9" }, wallMs)).toBe(20);
  expect(retryAfterMs({ "retry-after": "9" }, wallMs)).toBe(9000);
  expect(retryAfterMs({ "retry-after": " 0.25 " }, wallMs)).toBe(250);
  expect(retryAfterMs({ "retry-after-ms": "soon", "retry-after": "2" }, wallMs)).toBe(2000);
});

test("retryAfterMs: a date counts from the answer's own date, else from our clock", () => {
  expect(retryAfterMs({ "retry-after": at(wallMs + 30_000) }, wallMs)).toBe(30_000);
  const skewMs = 300_000;
  expect(retryAfterMs({ "retry-after": at(wallMs + skewMs + 30_000), date: at(wallMs + skewMs) }, wallMs)).toBe(30_000);
});

test("retryAfterMs: the past and negative numbers are 0, nonsense is null", () => {
  expect(retryAfterMs({ "retry-after": at(wallMs - 30_000) }, wallMs)).toBe(0);
  expect(retryAfterMs({ "retry-after": "-5" }, wallMs)).toBe(0);
  for (const value of ["", "soon", "1e9", "NaN", "Infinity", "0x10", "2, soon", ","]) expect(retryAfterMs({ "retry-after": value }, wallMs)).toBeNull();
  expect(retryAfterMs({}, wallMs)).toBeNull();
});

test("retryAfterMs: of a header that came several times the longest counts", () => {
  expect(retryAfterMs({ "retry-after": "2, 5" }, wallMs)).toBe(5_000);
  expect(retryAfterMs({ "retry-after-ms": "700,300", "retry-after": "9" }, wallMs)).toBe(700);
});

test("retryAfterMs: Unix seconds are the moment that they name, against the answer's own date", () => {
  const seconds = wallMs / 1000;
  expect(retryAfterMs({ "retry-after": String(seconds + 7) }, wallMs)).toBe(7_000);
  expect(retryAfterMs({ "retry-after": String(seconds + 307), date: at(wallMs + 300_000) }, wallMs)).toBe(7_000);
  expect(retryAfterMs({ "retry-after": String(seconds + 86_401) }, wallMs)).toBe(86_400_000);
  for (const value of [seconds - 1, seconds + 32 * 86_400]) expect(retryAfterMs({ "retry-after": String(value) }, wallMs)).toBeNull();
});

test("retryAfterMs: a wait of days, as for a quota of a week, is a day, and more than a month is implausible", () => {
  for (const value of ["86400", "86401", "287441", String(31 * 86_400), at(wallMs + 86_401_000)]) expect(retryAfterMs({ "retry-after": value }, wallMs)).toBe(86_400_000);
  expect(retryAfterMs({ "retry-after-ms": "274579000" }, wallMs)).toBe(86_400_000);
  for (const value of [String(31 * 86_400 + 1), "999999999999", at(wallMs + 32 * 86_400_000)]) expect(retryAfterMs({ "retry-after": value }, wallMs)).toBeNull();
  expect(retryAfterMs({ "retry-after-ms": "1795348800000" }, wallMs)).toBeNull();
});

test.each([
  [{ error: { message: "Slow down", retry_after: 20 } }, 20_000],
  [{ error: { message: "Slow down", retry_after_ms: 1_500 } }, 1_500],
  [{ error: { message: "Slow down", metadata: { retry_after_seconds: 0.5 } } }, 500],
  [{ error: { type: "usage_limit_reached", resets_in_seconds: 3_600 } }, 3_600_000],
  [{ error: "Slow down", retryAfter: 7 }, 7_000],
  [{ error: { retry_after: 86_401 } }, 86_400_000],
  [{ error: { retry_after: "20" } }, null],
  [{ error: { retry_after: -1 } }, null],
  [{ detail: "Slow down" }, null],
])("bodyWaitMs: %j is %j", (body, waitMs) => {
  expect(bodyWaitMs(body)).toBe(waitMs);
});
