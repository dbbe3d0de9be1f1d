import { expect, test } from "vitest";
import { utf8Text } from "../../kernel/utf8.ts";
import { anthropicDialect } from "./anthropic.ts";
import { openaiDialect } from "./openai.ts";

const wallMs = Date.UTC(2025, 5, 10, 6, 36);
const openai = (status: number) => openaiDialect.encodeFault(openaiDialect.faultOf(status, "gpt-test", 2), "abc", wallMs);
const anthropic = (status: number) => anthropicDialect.encodeFault(anthropicDialect.faultOf(status, "claude-test", 2), "abc", wallMs);
const json = (body: Uint8Array) => JSON.parse(utf8Text(body)) as unknown;

test.each([
  [400, "invalid_request_error", null],
  [401, "invalid_request_error", "invalid_api_key"],
  [403, "invalid_request_error", "insufficient_permissions"],
  [404, "invalid_request_error", "model_not_found"],
  [429, "requests", "rate_limit_exceeded"],
  [499, "server_error", null],
  [500, "server_error", null],
  [503, "server_error", "server_is_overloaded"],
])("openaiDialect: %s is type %s, code %s", (status, type, code) => {
  const response = openai(status);
  expect(response.status).toBe(status);
  expect(response.headers).toMatchObject({ "content-type": "application/json", "content-length": String(response.body.length), "x-request-id": "req_abc" });
  expect(json(response.body)).toEqual({ error: { type, code, param: null, message: expect.stringMatching(/./) } });
});

test("openaiDialect: only a rate limit has Retry-After", () => {
  expect(openai(429).headers).toMatchObject({
    "retry-after": "2",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "2s",
  });
  for (const status of [500, 503]) expect(openai(status).headers).not.toHaveProperty("retry-after");
});

test.each([
  [400, "invalid_request_error"],
  [401, "authentication_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [429, "rate_limit_error"],
  [500, "api_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
])("anthropicDialect: %s is %s", (status, type) => {
  const response = anthropic(status);
  expect(response.status).toBe(status);
  expect(response.headers).toMatchObject({ "content-length": String(response.body.length), "request-id": "req_abc" });
  expect(json(response.body)).toEqual({ type: "error", error: { type, message: expect.stringMatching(/./) }, request_id: "req_abc" });
});

test("anthropicDialect: a rate limit has Retry-After, an overload has not", () => {
  expect(anthropic(429).headers).toMatchObject({ "retry-after": "2", "anthropic-ratelimit-requests-reset": "2025-06-10T06:36:02Z" });
  expect(anthropic(529).headers).not.toHaveProperty("retry-after");
});

test("both dialects: a proxy's failure is the proxy's page, not the provider's JSON", () => {
  for (const response of [openai(502), openai(504), openai(530), anthropic(502)]) {
    expect(response.headers).toMatchObject({ "content-type": "text/html", "content-length": String(response.body.length) });
    expect(utf8Text(response.body)).toMatch(new RegExp(`<title>${response.status} `));
  }
  expect(anthropic(503).headers).toMatchObject({ "content-type": "text/plain" });
  expect(utf8Text(anthropic(503).body)).toMatch(/^upstream connect error/);
});
