const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Numbers as little-endian float32 in base64 (RFC 4648, section 4): how OpenAI's SDKs ask for vectors. */
export function floatBase64(vector: readonly number[]): string {
  return base64(new Uint8Array(littleEndian(vector)));
}

function littleEndian(vector: readonly number[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, index) => view.setFloat32(index * 4, value, true));
  return view.buffer;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const bits = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const letters = [18, 12, 6, 0].map((shift) => alphabet[(bits >> shift) & 63]!);
    text += letters.slice(0, Math.min(4, left + 1)).join("").padEnd(4, "=");
  }
  return text;
}
