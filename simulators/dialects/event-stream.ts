import { utf8Bytes } from "../../kernel/utf8.ts";
import { crc32 } from "./crc32.ts";

/** Header values of type string, the only ones that Bedrock sends. */
export type EventStreamHeaders = Readonly<Record<string, string>>;

const stringType = 7;
const preludeBytes = 12;
const checksumBytes = 4;

/**
 * One message of `application/vnd.amazon.eventstream`: total length, header length, CRC-32 of these two, headers (name
 * length, name, type 7, value length, value), payload, CRC-32 of all before it. Numbers are big-endian. Source: "Amazon
 * event stream encoding" (Smithy, RPC event streams, drawn in Amazon Transcribe's streaming guide).
 */
export function eventStreamMessage(headers: EventStreamHeaders, payload: Uint8Array): Uint8Array {
  const head = concat(Object.entries(headers).map(([name, value]) => headerBytes(name, value)));
  const total = preludeBytes + head.length + payload.length + checksumBytes;
  const message = new Uint8Array(total);
  const view = new DataView(message.buffer);
  view.setUint32(0, total);
  view.setUint32(4, head.length);
  view.setUint32(8, crc32(message.subarray(0, 8)));
  message.set(head, preludeBytes);
  message.set(payload, preludeBytes + head.length);
  view.setUint32(total - checksumBytes, crc32(message.subarray(0, total - checksumBytes)));
  return message;
}

/** A message with one bit of its payload flipped: the checksum is wrong, and the framing is valid. */
export function damagedMessage(message: Uint8Array): Uint8Array {
  const damaged = Uint8Array.from(message);
  const at = damaged.length - checksumBytes - 1;
  damaged[at] = damaged[at]! ^ 1;
  return damaged;
}

function headerBytes(name: string, value: string): Uint8Array {
  const nameBytes = utf8Bytes(name);
  const valueBytes = utf8Bytes(value);
  const length = new Uint8Array([valueBytes.length >> 8, valueBytes.length & 0xff]);
  return concat([new Uint8Array([nameBytes.length]), nameBytes, new Uint8Array([stringType]), length, valueBytes]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
