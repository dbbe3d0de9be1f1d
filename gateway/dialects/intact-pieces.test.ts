import { expect, test } from "vitest";
import { sseText } from "./intact-pieces.ts";

test("sseText: JSON over several lines is one data line that means the same", () => {
  const pretty = JSON.stringify({ choices: [{ delta: { content: "a\nb" } }] }, null, 2);
  const lines = sseText(pretty, "chunk").split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe("event: chunk");
  expect(JSON.parse(lines[1]!.slice("data: ".length))).toEqual(JSON.parse(pretty));
});
