import { expect, test } from "vitest";
import type { ChatMessage, ChatRequest } from "../../kernel/chat.ts";
import { answerWord, decodeWord, messageDigest, nameLetters, wordCheck } from "../../kernel/mark.ts";
import { composeAnswer, inputTokens } from "./answer.ts";
import { configOf } from "./examples.ts";
import type { Fate } from "./fate.ts";

const config = configOf();
const key = { seed: 7, deployment: "primary", requestId: "r1", ordinal: 0 };
const user = (content: string): ChatMessage => ({ role: "user", content });
const digest = messageDigest("key", "hello");

function requestOf(fields: Partial<ChatRequest> = {}): ChatRequest {
  return { model: "gpt-test", messages: [user("hello")], stream: false, maxTokens: 5, temperature: null, includeUsage: false, ...fields };
}

function wordsOf(request: ChatRequest, fate: Fate = { kind: "answer" }, attempt = key) {
  return composeAnswer(config, attempt, request, fate).pieces.join("").trim().split(" ").map((word) => decodeWord(word)!);
}

test("composeAnswer: OPEN, the requested words, CLOSE, all of one mark", () => {
  const answer = composeAnswer(config, key, requestOf(), { kind: "answer" });
  const words = wordsOf(requestOf());
  const mark = { answerId: answer.answerId, deployment: nameLetters("primary"), model: nameLetters("gpt-test"), digest };
  expect(words[0]).toEqual({ kind: "open", mark, first: 1 });
  expect(words.at(-1)).toEqual({ kind: "close", mark, last: 5 });
  expect(words.slice(1, -1)).toEqual([1, 2, 3, 4, 5].map((index) => ({ kind: "word", index, check: wordCheck(digest, index) })));
});

test("composeAnswer: the digest is of the last user message", () => {
  const messages: ChatMessage[] = [user("other"), { role: "assistant", content: "yes?" }, user("hello")];
  expect(composeAnswer(config, key, requestOf({ messages }), { kind: "answer" }).digest).toBe(digest);
});

test.each([
  [null, 64],
  [1, 1],
  [4000, 4000],
  [100_000, 4000],
])("composeAnswer: max_tokens %s gives %s words", (maxTokens, words) => {
  expect(composeAnswer(config, key, requestOf({ maxTokens }), { kind: "answer" }).pieces).toHaveLength(words + 2);
});

test("composeAnswer: a retry of the same request has another answer id and the same words", () => {
  const first = wordsOf(requestOf());
  const second = wordsOf(requestOf(), { kind: "answer" }, { ...key, ordinal: 1 });
  expect(second[0]).not.toEqual(first[0]);
  expect(second.slice(1, -1)).toEqual(first.slice(1, -1));
});

test.each([
  ["You help our customers.", 5],
  ["You help our customers. Answer in at most 3 words.", 3],
  ["Answer in at most 3000 words.", 5],
])("composeAnswer: the system message %j gives %s words", (content, words) => {
  const messages: ChatMessage[] = [{ role: "system", content }, user("hello")];
  expect(wordsOf(requestOf({ messages })).at(-1)).toMatchObject({ kind: "close", last: words });
});

test("composeAnswer: a limit of words counts what a prefix has already", () => {
  const messages: ChatMessage[] = [{ role: "system", content: "Answer in at most 4 words." }, user("hello"), { role: "assistant", content: prefix(3) }];
  expect(wordsOf(requestOf({ messages })).at(-1)).toMatchObject({ kind: "close", last: 4 });
});

const prefix = (words: number) => Array.from({ length: words }, (_, index) => answerWord(digest, index + 1)).join(" ");

test("composeAnswer: a prefilled prefix is continued, with its space", () => {
  const messages: ChatMessage[] = [user("hello"), { role: "assistant", content: `zqmark ${prefix(3)}` }];
  const { pieces } = composeAnswer(config, key, requestOf({ messages, maxTokens: 2 }), { kind: "answer" });
  expect(pieces[0]).toMatch(/^ zq/);
  const words = wordsOf(requestOf({ messages, maxTokens: 2 }));
  expect(words.map((word) => (word.kind === "open" ? word.first : word.kind === "close" ? word.last : word.index))).toEqual([4, 4, 5, 5]);
});

test.each([
  ["Sure:", true],
  ["Sure: ", false],
  ["", false],
])("composeAnswer: after the prefix %j the first word starts with a space: %s", (content, space) => {
  const { pieces } = composeAnswer(config, key, requestOf({ messages: [user("hello"), { role: "assistant", content }] }), { kind: "answer" });
  expect(pieces[0]!.startsWith(" ")).toBe(space);
});

test.each([
  ["of another question", answerWord(messageDigest("key", "other"), 1), 1],
  ["without the first word", answerWord(digest, 2), 1],
  ["with a gap", `${prefix(2)} ${answerWord(digest, 4)}`, 3],
  ["of foreign text", "Sure, here it is:", 1],
])("composeAnswer: a prefix %s counts only as far as it is valid", (_name, content, first) => {
  const messages: ChatMessage[] = [user("hello"), { role: "assistant", content }];
  expect(wordsOf(requestOf({ messages }))[0]).toMatchObject({ kind: "open", first });
});

test("composeAnswer: garbled output has foreign words between true marks, one at least", () => {
  for (let index = 0; index < 50; index++) {
    const words = wordsOf(requestOf({ maxTokens: 3 }), { kind: "wrong", wrong: "garbled" }, { ...key, requestId: `r${index}` });
    const inner = words.slice(1, -1).filter((word) => word.kind === "word");
    expect(inner.map((word) => word.index)).toEqual([1, 2, 3]);
    expect(inner.some((word) => word.check !== wordCheck(digest, word.index))).toBe(true);
    expect(words[0]).toMatchObject({ kind: "open", mark: { digest, model: nameLetters("gpt-test") } });
  }
});

test("composeAnswer: other_model is named in mark and model, and the words are right", () => {
  const fate: Fate = { kind: "wrong", wrong: "other_model" };
  expect(composeAnswer(config, key, requestOf(), fate).model).toBe("gpt-other");
  const words = wordsOf(requestOf(), fate);
  expect(words[0]).toMatchObject({ mark: { model: nameLetters("gpt-other"), digest } });
  expect(words.slice(1, -1)).toEqual(wordsOf(requestOf()).slice(1, -1));
});

test("inputTokens: four characters each over all messages, one at least", () => {
  expect(inputTokens(requestOf({ messages: [{ role: "system", content: "12345678" }, user("123")] }))).toBe(3);
  expect(inputTokens(requestOf({ messages: [user("")] }))).toBe(1);
});
