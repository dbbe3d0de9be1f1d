import { expect, test } from "vitest";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { bareError, errorObject, providerError } from "./provider-error.ts";

test("errorObject: an error without the wrapper, as self-hosted servers write it, is one; an answer is none", () => {
  const body = { object: "error", message: "This model's maximum context length is 4096 tokens.", type: "BadRequestError", param: null, code: 400 };
  expect(errorObject(body)).toEqual({ code: "400", message: body.message });
  expect(errorObject({ object: "chat.completion", choices: [], error: null })).toBeNull();
});

test("providerError: what is no error object gives the status as its code and quotes nothing", () => {
  for (const body of ["<html>secret</html>", "", "[]", "null", '"text"', "{}"]) {
    expect(providerError(502, {}, utf8Bytes(body), 0)).toEqual({ status: 502, code: "http_502", message: "HTTP 502 without a readable error", retryAfterMs: null });
  }
});

test("providerError: a page for browsers is a proxy's, and quotes nothing", () => {
  const message = "HTTP 400 without a readable error";
  expect(providerError(400, { "content-type": "text/html; charset=utf-8" }, utf8Bytes("<html>secret</html>"), 0)).toEqual({ status: 400, code: "html_page", message, retryAfterMs: null });
});

test("errorObject: an error with nothing in it is none: servers write one beside their answer", () => {
  for (const error of [null, "", {}, { message: "", type: "", param: "", code: null }, { code: 0, message: "" }]) expect(errorObject({ error, choices: [{}] })).toBeNull();
  expect(errorObject({ error: { detail: "x" } })).toEqual({ code: "unknown", message: "" });
});

test("errorObject: an aggregator's error is read with the provider's own, and its moderation by the reasons that it gives", () => {
  const raw = '{"error":{"message":"This model\'s maximum context length is 4096 tokens"}}';
  expect(errorObject({ error: { code: 400, message: "Provider returned error", metadata: { raw } } })).toEqual({ code: "400", message: `Provider returned error: ${raw}` });
  expect(errorObject({ error: { code: 403, message: "Refused", metadata: { reasons: ["violence"], flagged_input: "x" } } })).toEqual({ code: "content_policy_violation", message: "Refused" });
});

test.each([
  ["FastAPI's detail", { detail: "Model is loading" }, "http_400", "Model is loading"],
  ["FastAPI's problems", { detail: [{ loc: ["body", "tools", 0], msg: "field required", type: "missing" }, { msg: "too long" }] }, "http_400", "body.tools.0: field required; too long"],
  ["Mistral's problems", { object: "error", message: { detail: [{ loc: ["body", "foo"], msg: "Extra inputs" }] }, type: "invalid_request_error", code: null }, "invalid_request_error", "body.foo: Extra inputs"],
  ["a message alone", { message: "bad thing" }, "http_400", "bad thing"],
  ["Bedrock's", { __type: "ThrottlingException", message: "Too many tokens" }, "ThrottlingException", "Too many tokens"],
  ["Google's array of one", [{ error: { code: 400, message: "The input token count (9) exceeds the maximum", status: "INVALID_ARGUMENT" } }], "400", "The input token count (9) exceeds the maximum"],
])("providerError: %s is read", (_, body, code, message) => {
  expect(providerError(400, {}, utf8Bytes(JSON.stringify(body)), 0)).toEqual({ status: 400, code, message, retryAfterMs: null });
});

test("bareError: a code and a message without an answer are an error, whatever the status; a success and an answer are none", () => {
  expect(bareError({ code: "Throttling.RateQuota", message: "Requests rate limit exceeded" })).toEqual({ code: "Throttling.RateQuota", message: "Requests rate limit exceeded" });
  expect(bareError({ code: 1113, msg: "No balance" })).toEqual({ code: "1113", message: "No balance" });
  expect(bareError({ id: "x", choices: null, base_resp: { status_code: 1008, status_msg: "insufficient balance" } })).toEqual({ code: "1008", message: "insufficient balance" });
  for (const none of [{ choices: [{}], base_resp: { status_code: 0, status_msg: "" } }, { base_resp: { status_code: 0, status_msg: "success" } }]) expect(bareError(none)).toBeNull();
  for (const none of [{ code: 0, message: "ok" }, { code: 200, msg: "success" }, { message: "x" }, { code: "x", message: "y", choices: [] }, { code: "x" }]) expect(bareError(none)).toBeNull();
});

test("providerError: the wait that Google's endpoint in this format names in its details counts, and a header before it", () => {
  const body = utf8Bytes(JSON.stringify([{ error: { code: 429, message: "Resource exhausted", status: "RESOURCE_EXHAUSTED", details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }] } }]));
  expect(providerError(429, {}, body, 0)).toMatchObject({ code: "429", retryAfterMs: 34_500 });
  expect(providerError(429, { "retry-after": "2" }, body, 0)).toMatchObject({ retryAfterMs: 2_000 });
});

test("errorObject: a text beside its code (xAI), or beside its type (text-generation-inference)", () => {
  expect(errorObject({ code: "permission-denied", error: "No" })).toEqual({ code: "permission-denied", message: "No" });
  expect(errorObject({ error: "Model is overloaded", error_type: "overloaded" })).toEqual({ code: "overloaded", message: "Model is overloaded" });
});
