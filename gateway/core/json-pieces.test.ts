import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../kernel/chat.ts";
import { parseExact } from "./exact-json.ts";
import { jsonParts } from "./json-pieces.ts";

async function written(value: Json, characters: number): Promise<{ readonly text: string; readonly pauses: number }> {
  let pauses = 0;
  const parts = await jsonParts(value, async () => void pauses++, characters);
  return { text: Buffer.concat(parts).toString(), pauses };
}

test("jsonParts: the bytes of JSON.stringify, however small the pieces are: law", async () => {
  const json = fc.json({ maxDepth: 5, noUnicodeString: false, stringUnit: "binary" }).map((text) => JSON.parse(text) as Json);
  await fc.assert(
    fc.asyncProperty(json, fc.integer({ min: 1, max: 40 }), async (value, characters) => {
      expect((await written(value, characters)).text).toBe(JSON.stringify(value));
    }),
    { numRuns: 500 },
  );
});

test("jsonParts: half characters, members without a value and numbers to the letter are as JSON.stringify has them", async () => {
  const exact = parseExact('{"seed":1.50,"big":12345678901234567890}') as Record<string, Json>;
  const value = { half: "a\ud800b".repeat(40), pair: "😀".repeat(40), none: undefined, exact, list: Array.from({ length: 40 }, (_, index) => ({ index, none: undefined })) } as unknown as Json;
  for (let characters = 1; characters < 60; characters++) expect((await written(value, characters)).text).toBe(JSON.stringify(value));
});

test("jsonParts: pauses after each piece of a long text, of a list of many and of many members", async () => {
  const item = "x".repeat(100);
  const values: readonly Json[] = ["x".repeat(100_000), Array.from({ length: 1_000 }, () => item), Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${index}`, item])), { messages: [{ role: "user", content: [{ type: "text", text: "x".repeat(100_000) }] }] }];
  for (const value of values) {
    const { text, pauses } = await written(value, 1_000);
    expect(text).toBe(JSON.stringify(value));
    expect(pauses).toBeGreaterThanOrEqual(90);
  }
});
