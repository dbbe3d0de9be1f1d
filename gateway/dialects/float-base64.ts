import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";

const alphabet = utf8Bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const padding = 0x3d;

/**
 * Numbers as little-endian float32 in base64 (RFC 4648, section 4), the form in which OpenAI's SDKs request vectors.
 * One answer may hold thousands of vectors while all other requests wait, so letters are written as bytes and decoded
 * once.
 */
export function floatBase64(vector: readonly number[]): string {
  const bytes = littleEndian(vector);
  const letters = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const bits = (bytes[from]! << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    letters[to] = alphabet[bits >> 18]!;
    letters[to + 1] = alphabet[(bits >> 12) & 63]!;
    letters[to + 2] = from + 1 < bytes.length ? alphabet[(bits >> 6) & 63]! : padding;
    letters[to + 3] = from + 2 < bytes.length ? alphabet[bits & 63]! : padding;
  }
  return utf8Text(letters);
}

function littleEndian(vector: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  for (let index = 0; index < vector.length; index++) view.setFloat32(index * 4, vector[index]!, true);
  return new Uint8Array(view.buffer);
}

/** The numbers of a vector in base64. Null: it is none. */
export function vectorOfBase64(text: string): readonly number[] | null {
  const letters = text.replace(/={0,2}$/, "");
  const size = Math.floor((letters.length * 3) / 4);
  if (size === 0 || size % 4 !== 0) return null;
  const bytes = new Uint8Array(size);
  let bits = 0;
  for (let at = 0, to = 0, held = 0; at < letters.length; at++) {
    const value = values.get(letters.charCodeAt(at));
    if (value === undefined) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[to++] = (bits >> held) & 0xff;
  }
  const view = new DataView(bytes.buffer);
  return Array.from({ length: size / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

const values: ReadonlyMap<number, number> = new Map(Array.from(alphabet, (code, value) => [code, value]));
