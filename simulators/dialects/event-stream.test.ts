import { crc32 as nodeCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "./crc32.ts";
import { damagedMessage, eventStreamMessage } from "./event-stream.ts";

test("crc32: equals Node's for any bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => crc32(bytes) === nodeCrc32(bytes)));
});

test("crc32: the check value of the catalogue of CRC algorithms", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

test("eventStreamMessage: lengths, checksums, header and payload, byte for byte", () => {
  const message = Buffer.from(eventStreamMessage({ ":event-type": "x" }, new Uint8Array([1, 2])));
  const header = Buffer.concat([Buffer.from([11]), Buffer.from(":event-type"), Buffer.from([7, 0, 1]), Buffer.from("x")]);
  expect(message.readUInt32BE(0)).toBe(message.length);
  expect(message.readUInt32BE(4)).toBe(header.length);
  expect(message.readUInt32BE(8)).toBe(nodeCrc32(message.subarray(0, 8)));
  expect(message.subarray(12, 12 + header.length)).toEqual(header);
  expect([...message.subarray(12 + header.length, -4)]).toEqual([1, 2]);
  expect(message.readUInt32BE(message.length - 4)).toBe(nodeCrc32(message.subarray(0, -4)));
});

test("damagedMessage: the framing is valid, the checksum is wrong", () => {
  const damaged = Buffer.from(damagedMessage(eventStreamMessage({ a: "b" }, new Uint8Array([1, 2]))));
  expect(damaged.readUInt32BE(8)).toBe(nodeCrc32(damaged.subarray(0, 8)));
  expect(damaged.readUInt32BE(damaged.length - 4)).not.toBe(nodeCrc32(damaged.subarray(0, -4)));
});
