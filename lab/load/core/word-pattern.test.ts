import fc from "fast-check";
import { expect, test } from "vitest";
import { noAnswer, readEvent } from "./answer.ts";
import { WordPattern } from "./word-pattern.ts";

const chunk = (delta: object, more: object = {}) => JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason: null }], ...more });

/** A pattern that has learnt from the event. */
const learnt = (data: string) => {
  const pattern = new WordPattern();
  pattern.learn(data);
  return pattern;
};

test("WordPattern: an event with the same JSON around another word gives the word", () => {
  const pattern = learnt(chunk({ content: "one" }));
  expect(pattern.wordOf(chunk({ content: " two" }))).toBe(" two");
  expect(pattern.wordOf(chunk({ content: "" }))).toBe("");
  expect(new WordPattern().wordOf(chunk({ content: " two" }))).toBeNull();
});

test.each([
  ["another model", chunk({ content: "two" }, { model: "n" })],
  ["an escape", chunk({ content: 'a"b' })],
  ["no text", chunk({})],
  ["no string", chunk({ content: 7 })],
  ["the end", "[DONE]"],
  ["nothing", ""],
])("WordPattern: an event with %s is not of the pattern", (_, data) => {
  expect(learnt(chunk({ content: "one" })).wordOf(data)).toBeNull();
});

test.each([
  ["a finish", JSON.stringify({ choices: [{ delta: { content: "one" }, finish_reason: "stop" }] })],
  ["usage", chunk({ content: "one" }, { usage: { prompt_tokens: 1, completion_tokens: 1 } })],
  ["an error", chunk({ content: "one" }, { error: { code: "sick" } })],
  ["its text under another name", JSON.stringify({ choices: [{ message: { content: "one" } }] })],
  ["an empty text", chunk({ content: "" })],
  ["an escape", chunk({ content: "o\\ne" })],
  ["two choices, of which the second has a text", JSON.stringify({ choices: [{ delta: {} }, { delta: { content: "one" } }] })],
])("WordPattern: nothing is learnt from an event with %s", (_, data) => {
  const pattern = learnt(data);
  expect([pattern.wordOf(data), pattern.wordOf(data.replace("one", "two"))]).toEqual([null, null]);
});

test("WordPattern: what it takes for a word is what reading the event adds: law", () => {
  const content = fc.oneof(fc.string({ unit: "binary", maxLength: 4 }), fc.constantFrom("one", '"', "\\", ""));
  const event = fc.record({ content, model: fc.constantFrom("m", '"content":"x"'), role: fc.option(fc.constant("assistant"), { nil: undefined }), twice: fc.boolean() }).map(
    ({ content: text, model, role, twice }) => {
      const data = chunk({ ...(role !== undefined && { role }), content: text }, { model });
      return twice ? data.replace('"choices"', '"content":"x","choices"') : data;
    },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (events) => {
      const pattern = new WordPattern();
      let answer = noAnswer;
      for (const data of events) {
        const read = readEvent(answer, data);
        const word = pattern.wordOf(data);
        if (word === null) pattern.learn(data);
        else expect({ ...answer, text: answer.text + word }).toEqual(read);
        answer = read;
      }
    }),
  );
});
