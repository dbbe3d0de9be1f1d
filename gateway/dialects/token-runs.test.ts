import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatEvent } from "../../kernel/chat.ts";
import { bodyOf } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { Recording } from "../core/cache/answer.ts";
import { withoutPiece } from "../core/batches.ts";
import { withoutQuotes } from "../core/redact.ts";
import { singleEvents, tokenCount } from "../core/token-runs.ts";
import { type AnswerReader, readAnswer } from "./answer.ts";
import { openaiClient } from "./openai-client.ts";
import { OpenaiReader } from "./openai-reader.ts";
import { openaiChunk, openaiCompletion, openaiEmbeddings } from "./openai-shape.ts";

const readerOf = (): AnswerReader => new OpenaiReader({ completion: openaiCompletion, chunk: openaiChunk, embeddings: openaiEmbeddings, isStrict: true });

/** Reads each event by itself. */
function withoutRuns(reader: AnswerReader): AnswerReader {
  return {
    get passage() {
      return reader.passage ?? null;
    },
    whole: (body, text) => reader.whole(body, text),
    next: (event) => reader.next(event),
    ended: () => reader.ended?.(),
    errorIn: (body) => reader.errorIn(body),
  };
}

const chunk = (delta: object, finish: string | null, more: object = {}) => JSON.stringify({ id: "up-1", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta, finish_reason: finish }], ...more });

/** Tokens, and what may stand between them. Some only look like tokens. */
const piece = fc.oneof(
  { weight: 8, arbitrary: fc.oneof(fc.constantFrom(" word", "é", "😀", "a", "data: x"), fc.string({ minLength: 1 })).map((content) => `data: ${chunk({ content }, null)}\n\n`) },
  fc.constantFrom(
    `data: ${chunk({ content: "" }, null)}\n\n`,
    `data: ${chunk({ content: 'a"}' }, null)}\n\n`,
    `data: ${chunk({ content: "x" }, null, { obfuscation: "z9" })}\n\n`,
    `data: ${chunk({ content: "y", unknown: 1 }, null)}\n\n`,
    `data: ${chunk({ content: "two" }, null)}\n`,
    `data:${chunk({ content: "close" }, null)}\n\n`,
    `data: ${chunk({ content: "crlf" }, null)}\r\n\r\n`,
    `event: named\ndata: ${chunk({ content: "named" }, null)}\n\n`,
    `data: ${JSON.stringify(JSON.parse(chunk({ content: "spread" }, null)), null, 1).replaceAll("\n", "\ndata: ")}\n\n`,
    `data: ${chunk({ tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "{}" } }] }, null)}\n\n`,
    ": comment\n\n",
    "data: no JSON\n\n",
  ),
);
const stream = fc.array(piece, { maxLength: 14 }).map((pieces) => `data: ${chunk({ role: "assistant", content: "" }, null)}\n\n${pieces.join("")}data: ${chunk({}, "stop")}\n\ndata: [DONE]\n\n`);
const cuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 6 });

function reads(text: string, places: readonly number[]): readonly Uint8Array[] {
  const bytes = utf8Bytes(text);
  const edges = [0, ...places.map((place) => place % bytes.length).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
}

interface Seen {
  readonly events: readonly ChatEvent[];
  readonly broken: string | null;
}

async function seen(parts: readonly Uint8Array[], reader: AnswerReader): Promise<Seen> {
  const events: ChatEvent[] = [];
  try {
    const response = { status: 200, headers: { "content-type": "text/event-stream" }, body: bodyOf(...parts) };
    for await (const batch of readAnswer(response, true, reader, { keeps: "openai" })) events.push(...batch);
  } catch (error) {
    return { events, broken: String(error) };
  }
  return { events, broken: null };
}

function written(events: readonly ChatEvent[]): string {
  const encode = openaiClient.streamEncoder({ id: "chatcmpl-own", model: "m", createdS: 0, includeUsage: true });
  return events.map(encode).join("");
}

function recorded(events: readonly ChatEvent[], keepsPieces: boolean) {
  const recording = new Recording(keepsPieces);
  for (const event of events) recording.take(event);
  return recording.whole();
}

test("readAnswer: tokens of one read are the events that each would be alone, wherever the stream is cut: law", async () => {
  await fc.assert(
    fc.asyncProperty(stream, cuts, async (text, places) => {
      const parts = reads(text, places);
      const [runs, alone] = [await seen(parts, readerOf()), await seen(parts, withoutRuns(readerOf()))];
      const singles = runs.events.flatMap((event) => singleEvents(event));
      expect({ ...runs, events: singles }).toEqual(alone);
      expect(runs.events.reduce((count, event) => count + tokenCount(event), 0)).toBe(singles.length);
      expect(written(runs.events)).toBe(written(singles));
      expect(written(runs.events.map(withoutPiece))).toBe(written(singles.map(withoutPiece)));
      for (const keepsPieces of [false, true]) expect(recorded(runs.events, keepsPieces)).toEqual(recorded(singles, keepsPieces));
    }),
    { numRuns: 300 },
  );
});

test("readAnswer: tokens of one read are one event, with each piece as its provider wrote it", async () => {
  const tokens = ["a", "b", "c", "d"].map((content) => `data: ${chunk({ content }, null)}\n\n`);
  const { events } = await seen([utf8Bytes(`data: ${chunk({ role: "assistant", content: "" }, null)}\n\n${tokens.join("")}`)], readerOf());
  const texts = events.filter(({ type }) => type === "text");
  expect(texts.map((event) => [event.type === "text" && event.text, tokenCount(event)])).toEqual([["a", 1], ["bcd", 3]]);
  const [opening, ...rest] = written(texts).split(/(?<=\n\n)/);
  expect(opening).toContain('"role":"assistant"');
  expect(rest.join("")).toBe(tokens.join("").replaceAll("up-1", "chatcmpl-own"));
});

test("withoutQuotes: a run of tokens that quotes the credential between them is written in the gateway's words", async () => {
  const credential = "sk-secret-123";
  const quoting = JSON.stringify({ id: "up-1", object: "chat.completion.chunk", model: "m", note: credential, choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }] });
  const text = `data: ${chunk({ role: "assistant", content: "" }, null)}\n\n${`data: ${quoting}\n\n`.repeat(4)}`;
  const { events } = await seen([utf8Bytes(text)], readerOf());
  expect(events.some((event) => tokenCount(event) > 1)).toBe(true);
  const sent = written(events.map(withoutQuotes(credential)));
  expect(sent).not.toContain(credential);
  expect(sent.match(/"content":"a"/g)).toHaveLength(4);
});
