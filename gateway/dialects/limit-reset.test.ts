import fc from "fast-check";
import { expect, test } from "vitest";
import { limitResetMs, rfc3339Ms } from "./limit-reset.ts";
import { providerError } from "./provider-error.ts";

const wallMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const iso = (ms: number) => new Date(ms).toISOString();

test("rfc3339Ms: agrees with the platform", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) }), (ms) => rfc3339Ms(iso(ms)) === ms));
  for (const text of ["", "2026-02-30T00:00:00Z", "2026-11-22T12:00:00+01:00", "22 Nov 2026"]) expect(rfc3339Ms(text)).toBeNull();
});

test("limitResetMs: the longest wait of the quotas that are used up, and of no other", () => {
  const headers = {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1.5s",
    "x-ratelimit-remaining-tokens": "12",
    "x-ratelimit-reset-tokens": "6m0s",
  };
  expect(limitResetMs(headers, wallMs)).toBe(1_500);
  expect(limitResetMs({ ...headers, "x-ratelimit-remaining-tokens": "0" }, wallMs)).toBe(360_000);
  expect(limitResetMs({ ...headers, "x-ratelimit-remaining-requests": "3" }, wallMs)).toBeNull();
  expect(limitResetMs({ ...headers, "x-ratelimit-reset-requests": "25h" }, wallMs)).toBe(86_400_000);
  expect(limitResetMs({ ...headers, "x-ratelimit-reset-requests": "745h" }, wallMs)).toBeNull();
  expect(limitResetMs({}, wallMs)).toBeNull();
});

test("providerError: the headers of a limit that only the body has (OpenRouter); those of the answer go before", () => {
  const body = new TextEncoder().encode(JSON.stringify({ error: { message: "Rate limit exceeded: free-models-per-min. ", code: 429, metadata: { headers: { "X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": String(wallMs + 42_000), Date: "x", "Retry-After": "9" } } } }));
  expect(providerError(429, {}, body, wallMs).retryAfterMs).toBe(42_000);
  expect(providerError(429, { "x-ratelimit-reset": String(wallMs + 7_000) }, body, wallMs).retryAfterMs).toBe(7_000);
  expect(providerError(429, { "x-ratelimit-remaining": "3" }, body, wallMs).retryAfterMs).toBeNull();
  expect(providerError(429, { "retry-after": "3" }, body, wallMs).retryAfterMs).toBe(3_000);
  expect(providerError(503, {}, body, wallMs).retryAfterMs).toBeNull();
  for (const headers of [[], "x", null, { "X-RateLimit-Remaining": 0 }, { "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": {} }]) {
    expect(providerError(429, {}, new TextEncoder().encode(JSON.stringify({ error: { message: "m", metadata: { headers } } })), wallMs).retryAfterMs).toBeNull();
  }
});

test("limitResetMs: a bare number is a moment in Unix ms or seconds where it can be one, else seconds", () => {
  const of = (reset: string) => limitResetMs({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset }, wallMs);
  expect([of(String(wallMs + 4_000)), of(String(wallMs / 1000 + 5)), of("6"), of("0.5"), of(String(wallMs - 1))]).toEqual([4_000, 5_000, 6_000, 500, 0]);
  for (const text of ["-1", "1e3", "soon", "99999999999999"]) expect(of(text)).toBeNull();
});

test("limitResetMs: Anthropic's moment counts from the answer's own date, so that a clock apart from ours does no harm", () => {
  const skewMs = 300_000;
  const headers = { "anthropic-ratelimit-output-tokens-remaining": "0", "anthropic-ratelimit-output-tokens-reset": iso(wallMs + skewMs + 20_000) };
  expect(limitResetMs({ ...headers, date: new Date(wallMs + skewMs).toUTCString() }, wallMs)).toBe(20_000);
  expect(limitResetMs({ ...headers, "anthropic-ratelimit-output-tokens-reset": iso(wallMs - 1) }, wallMs)).toBe(0);
});

test("providerError: Retry-After wins over the quotas' resets, which count for a 429 alone", () => {
  const headers = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2s" };
  const wait = (status: number, more: Record<string, string> = {}) => providerError(status, { ...headers, ...more }, new Uint8Array(), wallMs).retryAfterMs;
  expect([wait(429), wait(429, { "retry-after": "7" }), wait(503)]).toEqual([2_000, 7_000, null]);
});
