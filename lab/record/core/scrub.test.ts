import fc from "fast-check";
import { expect, test } from "vitest";
import { errorWords } from "./error-words.ts";
import { scrubBody } from "./scrub.ts";

test.each([
  [
    '{"error":{"message":"Incorrect API key provided: sk-proj-abcDEF123. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}',
    '{"error":{"message":"Incorrect API key provided: …. You can find your API key at https://….openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}',
  ],
  ['{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_011CSHoEeqs5C35K2UUqR7Fy"}', '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"…"}'],
  ["{\"detail\":[{\"loc\":[\"body\",3],\"msg\":\"field required, got 'my mother's maiden name'\",\"input\":{\"Zaphod\":42}}]}", '{"detail":[{"loc":["body",0],"msg":"field required, … \'…\'… name\'","input":{"…":0}}]}'],
  ["<html><head><title>502 Bad Gateway</title></head><body>Ticket 99 of Alice</body></html>", "<html><head><title>0 Bad Gateway</title></head><body>… 0 of …</body></html>"],
  ["", ""],
])("scrubBody: %s", (body, scrubbed) => {
  expect(scrubBody(body)).toBe(scrubbed);
});

const secretWord = fc.stringMatching(/^[A-Za-z0-9_-]{4,24}$/).filter((word) => (word.match(/[A-Za-z]+|\d+/g) ?? []).some((part) => !errorWords.has(part.toLowerCase()) && !/^0+$/.test(part)));

test("scrubBody: no word that providers' errors are not made of comes through, wherever it stands", () => {
  const around = fc.constantFrom(" ", "'", '"', "`", ": ", "(", "\n", "é", ", ", "= ", "/", ".");
  fc.assert(
    fc.property(fc.array(fc.tuple(around, secretWord, around), { minLength: 1, maxLength: 4 }), fc.boolean(), fc.boolean(), (parts, json, asKey) => {
      const text = `Invalid value ${parts.map((part) => part.join("")).join(" of ")} was not found.`;
      const scrubbed = scrubBody(json ? JSON.stringify({ error: asKey ? { [text]: 1 } : { message: text, nested: [[text]] } }) : text);
      for (const [, secret] of parts) {
        for (const part of secret.match(/[A-Za-z]+|\d+/g) ?? []) {
          if (part.length >= 4 && !isErrorWords(part) && !/^0+$/.test(part)) expect(scrubbed).not.toContain(part);
        }
      }
    }),
  );
});

/** A text that happens to be made of words that stay. */
function isErrorWords(text: string): boolean {
  return (text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []).every((part) => errorWords.has(part.toLowerCase()));
}
