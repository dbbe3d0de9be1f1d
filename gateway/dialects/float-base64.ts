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
