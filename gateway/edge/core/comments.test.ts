import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { CommentScan } from "./comments.ts";

const scan = (...chunks: string[]) => {
  const comments = new CommentScan();
  return chunks.map((chunk) => comments.hasContent(utf8Bytes(chunk)));
};

test("CommentScan: comments and empty lines are no content, the first byte of an event is", () => {
  expect(scan(": ping\n\n", ":\r\n\r\n", "d")).toEqual([false, false, true]);
  expect(scan("event: x\n")).toEqual([true]);
  expect(scan(": a\n\ndata: b\n\n")).toEqual([true]);
});

test("CommentScan: a comment that never ends is passed on", () => {
  expect(scan(":".repeat(65_536), ":")).toEqual([false, true]);
});

test("CommentScan: however comments are cut, they are no content", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^:[^\r\n]{0,8}$/)), fc.array(fc.nat(20)), (lines, cuts) => {
      const text = lines.map((line) => `${line}\n\n`).join("");
      const chunks = [0, ...cuts.toSorted((a, b) => a - b)].map((from, at, all) => text.slice(from, all[at + 1] ?? text.length));
      expect(scan(...chunks)).not.toContain(true);
      expect(scan(...chunks, "data: x\n\n").at(-1)).toBe(true);
    }),
  );
});
