import { expect, test } from "vitest";
import { answerWord, encodeClose, encodeOpen, messageDigest, nameLetters, type Mark } from "../../../kernel/mark.ts";
import { answerKind, hasBegun } from "./answer.ts";

const digest = messageDigest("key", "hello");
const mark: Mark = { answerId: "abcdefghijklmnop", deployment: nameLetters("primary"), model: nameLetters("gpt"), digest };
const expected = { digest, deployment: mark.deployment, model: mark.model, otherModel: nameLetters("gpt-legacy") };
const bodyOf = (...words: readonly string[]) => words.map((word) => `data: {"choices":[{"delta":{"content":" ${word}"}}]}\n\n`).join("");
const whole = [encodeOpen(mark, 1), answerWord(digest, 1), answerWord(digest, 2), encodeClose(mark, 2)];

test.each([
  ["whole", whole, "whole"],
  ["without its close", whole.slice(0, 3), "truncated"],
  ["empty", [], "truncated"],
  ["with a foreign word", [whole[0]!, answerWord(messageDigest("key", "other"), 1), ...whole.slice(2)], "wrong"],
  ["without a word", [whole[0]!, ...whole.slice(2)], "wrong"],
  ["to another question", [encodeOpen({ ...mark, digest: messageDigest("key", "other") }, 1), ...whole.slice(1)], "wrong"],
  ["by another model", [encodeOpen({ ...mark, model: expected.otherModel }, 1), ...whole.slice(1)], "wrong"],
  ["by another deployment", [encodeOpen({ ...mark, deployment: nameLetters("backup") }, 1), ...whole.slice(1)], "wrong"],
] as const)("answerKind: an answer %s", (_name, words, kind) => {
  expect(answerKind(bodyOf(...words), expected)).toBe(kind);
});

test("hasBegun: with the first word and not before", () => {
  expect([bodyOf("x"), bodyOf(whole[0]!)].map(hasBegun)).toEqual([false, true]);
});
