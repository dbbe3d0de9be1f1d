import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { EventStreamReader } from "./sse.ts";

const readAll = (bytes: Uint8Array, cuts: readonly number[] = []) => {
  const reader = new EventStreamReader();
  const edges = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).flatMap((end, index) => reader.push(bytes.subarray(edges[index], end)));
};

test("EventStreamReader: cuts anywhere, inside a character or a line ending too, change nothing", () => {
  const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
  const payload = fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]/.test(text));
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 6 }), lineEnd, fc.array(fc.nat(500), { maxLength: 12 }), (payloads, end, cuts) => {
      // Whatever follows lets a last lone CR be told from the first half of a CRLF.
      const text = `${payloads.map((data) => `data: ${data}${end}${end}`).join("")}: bye${end}`;
      expect(readAll(utf8Bytes(text), cuts)).toEqual(payloads);
    }),
  );
});

test("EventStreamReader: comments, other fields and a missing space are allowed; lines of one event are joined", () => {
  expect(readAll(utf8Bytes(': ping\n\nevent: error\nid: 4\ndata:a\ndata:  b\ndata\n\n'))).toEqual(["a\n b\n"]);
});

test("EventStreamReader: an event that is not finished is not returned", () => {
  expect(readAll(utf8Bytes("data: a\n\ndata: b\n"))).toEqual(["a"]);
});

test("EventStreamReader: an event beyond the limit ends the reading, in one line or in many", () => {
  const long = "x".repeat(2 ** 19);
  for (const text of [`data: ${long}${long}y`, `data: ${long}\n`.repeat(3)]) {
    const reader = new EventStreamReader();
    expect(reader.push(utf8Bytes("data: a\n\n"))).toEqual(["a"]);
    expect(reader.push(utf8Bytes(text))).toEqual([]);
    expect(reader.overlong).toBe(true);
    expect(reader.push(utf8Bytes("\n\ndata: b\n\n"))).toEqual([]);
  }
});
