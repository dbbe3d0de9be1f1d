import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClientEnd } from "../../../kernel/request-ends.ts";
import { retryDelayMs, type EndedAttempt } from "./retry.ts";

const failed = (changes: Partial<EndedAttempt["record"]> = {}) => ({ requestId: "r-1-0", end: "complete" as const, status: 503, stream: false, ...changes });
const sdk = (changes: Partial<EndedAttempt> = {}) => retryDelayMs({ retries: "sdk" }, { number: 0, record: failed(), headers: {}, ...changes });

test("retryDelayMs: an SDK waits 0.375 to 0.5 s, then 0.75 to 1 s, and tries no third time", () => {
  fc.assert(
    fc.property(fc.string(), (requestId) => {
      const delays = [0, 1, 2].map((number) => sdk({ number, record: failed({ requestId }) }));
      expect(delays[0]).toBeGreaterThan(374);
      expect(delays[0]).toBeLessThanOrEqual(500);
      expect(delays[1]).toBeGreaterThan(749);
      expect(delays[1]).toBeLessThanOrEqual(1_000);
      expect(delays[2]).toBeNull();
    }),
  );
});

test("retryDelayMs: clients do not come back together, and a request waits as long in every run", () => {
  const delays = Array.from({ length: 50 }, (_, index) => sdk({ record: failed({ requestId: `r-${index}` }) }));
  expect(new Set(delays).size).toBe(50);
  expect(sdk({ record: failed({ requestId: "r-7" }) })).toBe(delays[7]);
});

test.each<[Record<string, string>, number]>([
  [{ "retry-after": "3" }, 3_000],
  [{ "retry-after-ms": "120", "retry-after": "3" }, 120],
  [{ "retry-after": "60" }, 60_000],
])("retryDelayMs: an SDK waits as long as it is asked: %o", (headers, delayMs) => {
  expect(sdk({ headers })).toBe(delayMs);
});

test.each(["61", "-1", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"])("retryDelayMs: an SDK takes its own time when Retry-After is %s", (value) => {
  expect(sdk({ headers: { "retry-after": value } })).toBe(sdk());
});

test.each<[number, boolean]>([[400, false], [401, false], [404, false], [408, true], [409, true], [422, false], [429, true], [500, true], [502, true], [529, true]])(
  "retryDelayMs: an SDK asks again after %i: %s, unless x-should-retry says otherwise",
  (status, again) => {
    expect(sdk({ record: failed({ status }) }) !== null).toBe(again);
    expect(sdk({ record: failed({ status }), headers: { "x-should-retry": String(!again) } }) !== null).toBe(!again);
  },
);

test.each<ClientEnd>(["refused", "connect_timeout", "reset", "closed_early", "timeout"])("retryDelayMs: an SDK asks again when nothing came: %s", (end) => {
  expect(sdk({ record: failed({ status: null, end }) })).not.toBeNull();
});

test("retryDelayMs: an SDK does not ask again for an answer that broke off, and does for one that is no stream and timed out", () => {
  expect(sdk({ record: failed({ status: 200, end: "reset" }) })).toBeNull();
  expect(sdk({ record: failed({ status: 200, end: "timeout", stream: true }) })).toBeNull();
  expect(sdk({ record: failed({ status: 200, end: "timeout", stream: false }) })).not.toBeNull();
});

test("retryDelayMs: who hammers asks 20 times, 0.1 s after each failure, whatever the answer asks for", () => {
  const headers = { "retry-after": "30", "x-should-retry": "false" };
  const delays = Array.from({ length: 22 }, (_, number) => retryDelayMs({ retries: "hammer" }, { number, record: failed({ status: 400 }), headers }));
  expect(delays).toEqual([...Array.from({ length: 20 }, () => 100), null, null]);
});

test("retryDelayMs: nobody asks again after a success, what the lab ended, or without retries", () => {
  for (const record of [failed({ status: 200 }), failed({ status: null, end: "stopped" as const })]) {
    expect([sdk({ record }), retryDelayMs({ retries: "hammer" }, { number: 0, record, headers: {} })]).toEqual([null, null]);
  }
  expect(retryDelayMs({ retries: "none" }, { number: 0, record: failed(), headers: {} })).toBeNull();
});
