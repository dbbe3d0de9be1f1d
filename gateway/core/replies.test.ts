import { expect, test } from "vitest";
import type { FailureKind } from "../../kernel/outcome.ts";
import { AttemptFailure, CredentialUnavailable } from "./attempt-failure.ts";
import { surfaced, undeliveredHeader } from "./replies.ts";

const marked = (failure: AttemptFailure) => {
  const reply = surfaced(failure, null);
  return reply.kind === "error" && reply.headers[undeliveredHeader] === "1";
};

test.each<readonly [FailureKind, boolean]>([
  ["first_token_timeout", true],
  ["refused", true],
  ["server_error", true],
  ["total_timeout", false],
  ["overloaded", false],
  ["rate_limited", false],
  ["bad_request", false],
  ["too_large", false],
])("surfaced: %s is marked as undelivered: %s", (failure, isMarked) => {
  expect(marked(new AttemptFailure(failure, "…"))).toBe(isMarked);
});

test("surfaced: a credential that this gateway cannot have is no matter of the provider", () => {
  expect(marked(new CredentialUnavailable("…"))).toBe(true);
});
