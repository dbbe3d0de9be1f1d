import { expect, test } from "vitest";
import { noteMarksOf } from "./marks.ts";

test("noteMarksOf: a note is a moment with its words, cut to what a legend holds; of very many the first", () => {
  expect(noteMarksOf([{ atMs: 40_500, text: "pager" }])).toEqual([{ kind: "note", label: "note: pager", fromMs: 40_500, toMs: 40_500 }]);
  const many = noteMarksOf(Array.from({ length: 30 }, (_, index) => ({ atMs: index, text: "x".repeat(200) })));
  expect(many).toHaveLength(20);
  expect(many[0]!.label).toBe(`note: ${"x".repeat(80)}…`);
});
