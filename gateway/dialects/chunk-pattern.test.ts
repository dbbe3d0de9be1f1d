import fc from "fast-check";
import { expect, test } from "vitest";
import { ChunkPattern } from "./chunk-pattern.ts";
import { OpenaiReader } from "./openai-reader.ts";
import { openaiChunk, openaiCompletion, openaiEmbeddings } from "./openai-shape.ts";

const readerOf = () => new OpenaiReader({ completion: openaiCompletion, chunk: openaiChunk, embeddings: openaiEmbeddings, isStrict: true });
const message = (data: string) => ({ event: "message", data });

/**
 * What varies between the chunks of one stream. Some lie: a finish in the middle, a field twice, an extra one of the
 * same name.
 */
const chunks = fc.array(
  fc.record({
    content: fc.oneof(fc.string(), fc.constantFrom(" word", "", '"', "\\", "\n", "é", '","content":"x', "\u2028")),
    finish: fc.option(fc.constantFrom("stop", "length"), { freq: 12 }),
    id: fc.constantFrom("a", "a", "a", 'b","content":"c'),
    extra: fc.option(fc.constantFrom({ content: "not this" }, { obfuscation: "x9" }), { freq: 12 }),
    spaced: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

const dataOf = ({ content, finish, id, extra, spaced }: { content: string; finish: string | null; id: string; extra: object | null; spaced: boolean }) =>
  JSON.stringify({ id, model: "m", choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: finish }], ...extra }, null, spaced ? 1 : 0);

test("OpenaiReader: a stream gives what each of its chunks would give alone, without a finish that is repeated or taken back: law", () => {
  fc.assert(
    fc.property(chunks, (list) => {
      const reader = readerOf();
      let finish: string | null = null;
      for (const chunk of list) {
        const isNew = chunk.finish !== null && chunk.finish !== finish && (finish === null || chunk.finish !== "stop");
        const alone = readerOf().next(message(dataOf(chunk))).filter(({ type }) => type !== "start" && (type !== "finish" || isNew));
        expect(reader.next(message(dataOf(chunk))).filter(({ type }) => type !== "start")).toEqual(alone);
        if (isNew) finish = chunk.finish;
      }
    }),
    { numRuns: 500 },
  );
});

test("ChunkPattern: knows a chunk by the last that was learned, and leaves what has escapes in it to the parser", () => {
  const pattern = new ChunkPattern("content");
  const chunk = (content: string, id = 1) => JSON.stringify({ id, delta: { content } });
  expect(pattern.textOf(chunk("a"))).toBeNull();
  pattern.learn(message(chunk("a")), "a");
  expect(pattern.textOf(chunk(" b"))).toBe(" b");
  for (const other of [chunk('"'), chunk("\n"), chunk(""), chunk("b", 2), `${chunk("b")} `, '{"id":1,"delta":{"content":"}}']) expect(pattern.textOf(other)).toBeNull();
});

test("ChunkPattern: learns nothing from a chunk that has the field twice, or its text in another spelling", () => {
  for (const data of ['{"content":"a","delta":{"content":"a"}}', '{"delta":{"content":"\\u0061"}}', '{"delta":{"content": "a"}}']) {
    const pattern = new ChunkPattern("content");
    pattern.learn(message(data), "a");
    expect(pattern.textOf(data)).toBeNull();
  }
});

test("ChunkPattern.runAt: takes the chunks of the pattern that follow one another, and stops before another", () => {
  const pattern = new ChunkPattern("content");
  const chunk = (content: string, id = 1) => `data: ${JSON.stringify({ id, delta: { content } })}\n\n`;
  pattern.learn(message(JSON.stringify({ id: 1, delta: { content: "x" } })), "x");
  const before = chunk("first", 2);
  for (const other of [chunk("b", 2), chunk(""), chunk("\n"), chunk('"'), ": comment\n\n", chunk("cut").slice(0, -1), ""]) {
    const run = pattern.runAt(`${before}${chunk("a")}${chunk(" é")}${other}`, before.length);
    expect(run).toEqual({ event: "message", tokens: ["a", " é"], around: { before: '{"id":1,"delta":{"content":', after: "}}" }, data: chunk("a") + chunk(" é") });
    expect(pattern.runAt(other, 0)).toBeNull();
  }
});

test("ChunkPattern.runAt: takes none of a pattern over several lines", () => {
  const pattern = new ChunkPattern("content");
  pattern.learn(message('{"id":1,\n"content":"x"}'), "x");
  expect(pattern.textOf('{"id":1,\n"content":"y"}')).toBe("y");
  expect(pattern.runAt('data: {"id":1,\n"content":"y"}\n\n', 0)).toBeNull();
});

test("ChunkPattern.runAt: takes events of the name that was learned, and no others", () => {
  const pattern = new ChunkPattern("text");
  const chunk = (text: string, event = "event: delta\n") => `${event}data: ${JSON.stringify({ text })}\n\n`;
  pattern.learn({ event: "delta", data: '{"text":"x"}' }, "x");
  expect(pattern.runAt(`${chunk("a")}${chunk("b")}${chunk("c", "")}`, 0)).toEqual({ event: "delta", tokens: ["a", "b"], around: { before: '{"text":', after: "}" }, data: chunk("a") + chunk("b") });
  for (const other of [chunk("a", ""), chunk("a", "event: other\n")]) expect(pattern.runAt(other, 0)).toBeNull();
});
