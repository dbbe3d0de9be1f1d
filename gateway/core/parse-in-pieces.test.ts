import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../kernel/chat.ts";
import { parseExact } from "./exact-json.ts";
import { membersOf } from "./json-text.ts";
import { parseInPieces } from "./parse-in-pieces.ts";

const pause = async () => {};

const words = ["word", ",", "]", "[", "{", '"', "\\", " ", "run"] as const;
const text = fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((parts) => parts.join(""));
const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, text, fc.constantFrom(null, true, -0.5), fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(text, tie("value"), { maxKeys: 3 })),
})).value;
const list = fc.array(value, { maxLength: 12 });
const document = fc.oneof(fc.record({ messages: list, "]": value, tools: list }), list, value);
const spelled = fc.tuple(document, fc.constantFrom(undefined, 1)).map(([all, space]) => JSON.stringify(all, null, space));
const piece = fc.integer({ min: 1, max: 20 });

const resultOf = async (read: () => Json | Promise<Json>) => {
  try {
    return { value: await read() };
  } catch (error) {
    return (error as Error).name;
  }
};

test("parseInPieces: reads what parseExact reads, wherever lists are cut: law", async () => {
  await fc.assert(
    fc.asyncProperty(spelled, piece, async (json, size) => {
      const { value: parsed, members } = await parseInPieces(json, size, pause);
      expect(parsed).toEqual(parseExact(json));
      if (members !== null) expect(members).toEqual(membersOf(json));
    }),
    { numRuns: 1_000 },
  );
});

test("parseInPieces: refuses what parseExact refuses, and nothing else: law", async () => {
  await fc.assert(
    fc.asyncProperty(spelled, piece, fc.nat(), fc.constantFrom("", '"', ",", "]", "[", "{", "}", "x", ",1", "[1,2],"), fc.integer({ min: 0, max: 3 }), async (json, size, at, put, removed) => {
      const from = at % (json.length + 1);
      const broken = json.slice(0, from) + put + json.slice(from + removed);
      expect(await resultOf(async () => (await parseInPieces(broken, size, pause)).value)).toEqual(await resultOf(() => parseExact(broken)));
    }),
    { numRuns: 3_000 },
  );
});

test("parseInPieces: an element that is missing is refused, however much space is in its place", async () => {
  await expect(parseInPieces(`{"a":[${" ".repeat(50)},1]}`, 10, pause)).rejects.toThrow(SyntaxError);
});

test("parseInPieces: a member that comes twice is the last one, as in JSON.parse", async () => {
  const numbers = (from: number) => `[${Array.from({ length: 20 }, (_, index) => from + index).join(",")}]`;
  const json = `{"a":${numbers(100)},"a":${numbers(200)}}`;
  expect((await parseInPieces(json, 10, pause)).value).toEqual(JSON.parse(json));
});

test("parseInPieces: a long list is parsed in pieces; one nested too deep is refused", async () => {
  let pauses = 0;
  const json = JSON.stringify({ messages: Array.from({ length: 1_000 }, (_, index) => ({ role: "user", content: `${index}` })) });
  await parseInPieces(json, 1_000, async () => void pauses++);
  expect(pauses).toBeGreaterThan(2 * (json.length / 1_100) - 5);
  await expect(parseInPieces(`{"a":${"[".repeat(600)}1${"]".repeat(600)}}`, 10, pause)).rejects.toThrow(SyntaxError);
});
