import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { SseParser, type SseEvent } from "./sse.ts";
import { eventsIn } from "./testing/sse-events.ts";

function parse(...chunks: readonly Uint8Array[]): SseEvent[] {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => eventsIn(parser, chunk));
}

const parseText = (text: string) => parse(utf8Bytes(text));

test("SseParser: data lines join with a line feed, names hold for one event", () => {
  expect(parseText("event: ping\ndata: a\ndata: b\n\ndata: c\n\n")).toEqual([
    { event: "ping", data: "a\nb" },
    { event: "message", data: "c" },
  ]);
});

test("SseParser: CR, LF and CRLF all end a line", () => {
  for (const end of ["\n", "\r", "\r\n"]) expect(parseText(`data: x${end}data: y${end}${end}`)).toEqual([{ event: "message", data: "x\ny" }]);
});

test("SseParser: comments, ids, unknown fields and events without data give nothing", () => {
  expect(parseText(": hello\n\nid: 7\n\nevent: only\n\nretry: 1\nnonsense\n\n")).toEqual([]);
});

test("SseParser: one leading space is dropped, a colon in the value stays", () => {
  expect(parseText("data:  a:b\n\ndata:c\n\n")).toEqual([
    { event: "message", data: " a:b" },
    { event: "message", data: "c" },
  ]);
});

test("SseParser: an event cut off by the end is not given", () => {
  expect(parseText("data: whole\n\ndata: cut\n")).toEqual([{ event: "message", data: "whole" }]);
});

test("SseParser: a byte order mark is skipped", () => {
  expect(parse(Uint8Array.of(0xef), Uint8Array.of(0xbb, 0xbf), utf8Bytes("data: x\n\n"))).toEqual([{ event: "message", data: "x" }]);
});

test("SseParser: what is held back is counted, empty lines of an unfinished event too, and released with the event", () => {
  const parser = new SseParser();
  eventsIn(parser, utf8Bytes("data: ab\ndata:\ndata\nda"));
  expect(parser.pending).toBe("ab\n".length + 1 + 1 + "da".length);
  eventsIn(parser, utf8Bytes("ta: c\n\n"));
  expect(parser.pending).toBe(0);
});

const line = fc.constantFrom("data: é😀x", "data:", "data", "event: ping", ": comment", "", "id: 3", "data: [DONE]", "😀");
const text = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n")), { maxLength: 30 })
  .map((lines) => lines.map(([content, end]) => content + end).join(""));

test("SseParser: any chunking of the bytes gives the same events", () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat({ max: 400 }), { maxLength: 40 }), (whole, cuts) => {
      const bytes = utf8Bytes(whole);
      const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
      expect(parse(...chunks)).toEqual(parse(bytes));
      expect(parse(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(parse(bytes));
    }),
  );
});

test("SseParser: what was written as events is read as events", () => {
  const data = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => !/[\r\n\ufeff]/.test(value));
  fc.assert(
    fc.property(fc.array(data, { maxLength: 10 }), (values) => {
      expect(parseText(values.map((value) => `data: ${value}\n\n`).join("")).map((event) => event.data)).toEqual(values);
    }),
  );
});
