import fc from "fast-check";
import { expect, test } from "vitest";
import { sseText, withMetadata } from "./intact-pieces.ts";

test("sseText: JSON over several lines is one data line that means the same", () => {
  const pretty = JSON.stringify({ choices: [{ delta: { content: "a\nb" } }] }, null, 2);
  const lines = sseText(pretty, "chunk").split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe("event: chunk");
  expect(JSON.parse(lines[1]!.slice("data: ".length))).toEqual(JSON.parse(pretty));
});

test("withMetadata: adds the gateway's own to the provider's, and leaves all other characters: law", () => {
  const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom("id", "object", "x}", "", "meta") }, fc.constant("metadata"));
  const value = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, true, "metadata", "}", "é", "\u0001"), fc.dictionary(name, fc.string(), { maxKeys: 2 }));
  const spaces = fc.constantFrom("", " ", "\n", "\r\n\t ");
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 4 }), fc.constantFrom(0, 2), spaces, (body, indent, space) => {
      const written = JSON.stringify(body, null, indent);
      const data = `${space}${written.slice(0, -1)}${space}}${space}`.replace('"metadata":', (found) => (indent === 2 ? '"met\\u0061data":' : found));
      const result = withMetadata(data, { blastlab_attempts: "a:ok@1" });
      const own = body["metadata"];
      const before = typeof own === "object" && own !== null ? own : {};
      expect(JSON.parse(result)).toEqual({ ...body, metadata: { ...before, blastlab_attempts: "a:ok@1" } });
      const added = [',"metadata":{"blastlab_attempts":"a:ok@1"}', '"metadata":{"blastlab_attempts":"a:ok@1"}', ',"blastlab_attempts":"a:ok@1"', '"blastlab_attempts":"a:ok@1"'].find((text) => result.includes(text));
      if (own === undefined) expect(result.replace(added!, "")).toBe(data);
    }),
    { numRuns: 500 },
  );
});
