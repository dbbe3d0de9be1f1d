import { expect, test } from "vitest";
import { redact } from "./redact.ts";

test.each([
  ['{"error":{"message":"Incorrect API key provided: sk-proj-abcd1234efgh. You can find it at /keys"}}', "sk-proj-abcd1234efgh"],
  ["Incorrect API key provided: sk-abcd************wxyz.", "sk-abcd"],
  ["authorization: Bearer abc.def-ghi", "abc.def-ghi"],
  ['{"api_key": "p4ssw0rd", "status": 401}', "p4ssw0rd"],
  ["password=hunter22&user=me", "hunter22"],
  ["token eyJhbGciOi.eyJzdWIi.c2ln is expired", "eyJhbGciOi"],
  ["session 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "9f86d081"],
])("redact: %s loses %s", (text, secret) => {
  expect(redact(text)).not.toContain(secret);
  expect(redact(text)).toContain("[redacted]");
});

test("redact: what the run itself sends is a secret, whatever it looks like; the rest stays, and long text is cut", () => {
  expect(redact('{"error":{"code":"no_team","message":"team blue has no key letmein"}}', ["letmein"])).toBe('{"error":{"code":"no_team","message":"team blue has no key [redacted]"}}');
  expect(redact('{"error":{"message":"The model gpt-4o-mini does not exist","code":"model_not_found"}}')).toContain("The model gpt-4o-mini does not exist");
  expect(redact("word ".repeat(1_000))).toHaveLength(2_001);
});
