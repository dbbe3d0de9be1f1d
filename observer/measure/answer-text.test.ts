import { expect, test } from "vitest";
import fc from "fast-check";
import { answerWord } from "../../kernel/mark.ts";
import { readAnswer } from "./answer-text.ts";
import { digestOf, fallback, legOf, markOf } from "./testing.ts";

const digest = digestOf("red");
const mark = markOf({ answerId: "a", digest });
const second = markOf({ answerId: "b", deployment: fallback, digest });
const words = () => legOf(mark).split(" ");
const faultOf = (text: string) => readAnswer(text, false).fault?.kind ?? null;

test("readAnswer: a whole answer has one closed leg and no fault, marks counted as tokens", () => {
  expect(readAnswer(legOf(mark), false)).toEqual({ legs: [{ mark, closed: true, tokens: 8 }], whole: true, words: 6, fault: null });
});

test("readAnswer: a leg that broke off and was continued by another provider reads as one answer", () => {
  const reading = readAnswer(`${legOf(mark, 1, 4, true)} ${legOf(second, 5, 9)}`, false);
  expect(reading).toMatchObject({ whole: true, words: 9, fault: null });
  expect(reading.legs.map(({ tokens }) => tokens)).toEqual([5, 7]);
});

test("readAnswer: a missing CLOSE leaves the answer not whole, without a fault", () => {
  expect(readAnswer(legOf(mark, 1, 6, true), false)).toMatchObject({ whole: false, fault: null });
});

test.each([
  ["no_mark", () => "the quick brown fox"],
  ["lost", () => words().toSpliced(3, 1).join(" ")],
  ["lost", () => words().toSpliced(6, 1).join(" ")],
  ["lost", () => `${legOf(mark, 1, 3, true)} ${legOf(second, 5, 9)}`],
  ["lost", () => legOf(mark, 2, 6)],
  ["doubled", () => words().toSpliced(3, 0, words()[2]!).join(" ")],
  ["doubled", () => `${legOf(mark, 1, 3, true)} ${legOf(second, 3, 9)}`],
  ["doubled", () => `${legOf(mark)} ${legOf(mark)}`],
  ["foreign_word", () => words().with(3, answerWord(digestOf("blue"), 3)).join(" ")],
  ["foreign_word", () => words().with(3, "corrupted").join(" ")],
  ["foreign_word", () => words().with(0, "zqcorrupted").join(" ")],
  ["foreign_word", () => `${legOf(mark)} ${answerWord(digest, 7)}`],
  ["mixed_marks", () => words().with(7, legOf(second).split(" ")[7]!).join(" ")],
  ["mixed_marks", () => `${legOf(mark, 1, 3, true)} ${legOf(markOf({ answerId: "c", digest: digestOf("blue") }), 4, 9)}`],
])("readAnswer: %s is found (%#)", (kind, text) => {
  expect(faultOf(text())).toBe(kind);
});

test("readAnswer: the stump of a word at the end of a cut answer is no foreign word, in a whole answer it is", () => {
  const stump = words().slice(0, 4).join(" ").slice(0, -3);
  expect(readAnswer(stump, true).fault).toBeNull();
  expect(readAnswer(stump, false).fault?.kind).toBe("foreign_word");
});

test("readAnswer: any one word changed, dropped or doubled is found: law", () => {
  const lastWord = words().length - 1;
  fc.assert(
    fc.property(fc.nat(lastWord), fc.constantFrom("change", "drop", "double"), (at, how) => {
      const all = words();
      const changed = how === "change" ? all.with(at, "xyzzy") : how === "drop" ? all.toSpliced(at, 1) : all.toSpliced(at, 0, all[at]!);
      const reading = readAnswer(changed.join(" "), false);
      return reading.fault !== null || !reading.whole;
    }),
  );
});
