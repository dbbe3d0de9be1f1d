import { expect, test } from "vitest";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { errorObject, providerError } from "./provider-error.ts";

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

test("errorObject: an aggregator's error is read with the provider's own, and its moderation by the reasons that it gives", () => {
  const raw = '{"error":{"message":"This model\'s maximum context length is 4096 tokens"}}';
  expect(errorObject({ error: { code: 400, message: "Provider returned error", metadata: { raw } } })).toEqual({ code: "400", message: `Provider returned error: ${raw}` });
  expect(errorObject({ error: { code: 403, message: "Refused", metadata: { reasons: ["violence"], flagged_input: "x" } } })).toEqual({ code: "content_policy_violation", message: "Refused" });
});
