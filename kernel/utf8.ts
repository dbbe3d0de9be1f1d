/**
 * UTF-8 for the pure folders. The codecs of the platform are deterministic and the same everywhere, but the ES library
 * does not declare them; these are the two names, and nothing else of the web, that the cores may use.
 */
declare const TextEncoder: new () => {
  encode(text: string): Uint8Array;
  encodeInto(text: string, target: Uint8Array): { readonly read: number; readonly written: number };
};
declare const TextDecoder: new (
  label: "utf-8",
  options?: { fatal?: boolean; ignoreBOM?: boolean },
) => { decode(bytes?: Uint8Array, options?: { stream?: boolean }): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8");
const markKeepingDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Small texts share an allocation: each gets the next part of a slab that is never written twice, and goes when its
 * last part does.
 */
const slabBytes = 32 * 1024;
const sharedLengthMax = 2 * 1024;
let slab = new Uint8Array(slabBytes);
let used = 0;

/** Text to UTF-8 bytes. */
export function utf8Bytes(text: string): Uint8Array {
  if (text.length > sharedLengthMax) return encoder.encode(text);
  /** No UTF-16 unit becomes more than three bytes. */
  if (used + 3 * text.length > slabBytes) {
    slab = new Uint8Array(slabBytes);
    used = 0;
  }
  const from = used;
  /** `subarray` would cost as much as the encoding. */
  used += encoder.encodeInto(text, new Uint8Array(slab.buffer, from)).written;
  return new Uint8Array(slab.buffer, from, used - from);
}

/**
 * The UTF-8 bytes of the texts one after the other, none of which ends within a character. Joining long texts first
 * costs more than encoding them.
 */
export function utf8Joined(texts: readonly string[]): Uint8Array {
  return joined(texts.map((text) => encoder.encode(text)));
}

/** A copy of the parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Of a long text, a part is looked at at a time. */
const windowUnits = 16 * 1024;
const window = new Uint8Array(windowUnits);

/**
 * How many UTF-16 units of a text are not ASCII. Reading the bytes that it is encoded to is many times faster than
 * reading its units.
 */
export function countNonAscii(text: string): number {
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const { read, written } = encoder.encodeInto(withoutHalf(text.slice(start, start + windowUnits)), window);
    start += read;
    if (written > read) count += nonAsciiUnits(window.subarray(0, written));
  }
  return count;
}

/** A character of four bytes is two units, any other one. */
function nonAsciiUnits(bytes: Uint8Array): number {
  let count = 0;
  for (let index = 0; index < bytes.length; index++) if (bytes[index]! >= 0xc0) count += bytes[index]! >= 0xf0 ? 2 : 1;
  return count;
}

/** How many bytes a well-formed text has. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let start = 0; start < text.length; ) {
    const { read, written } = encoder.encodeInto(withoutHalf(text.slice(start, start + windowUnits)), window);
    start += read;
    length += written;
  }
  return length;
}

/** Without the first half of a character whose second half is not there. */
function withoutHalf(part: string): string {
  const last = part.charCodeAt(part.length - 1);
  return part.length > 1 && last >= 0xd800 && last <= 0xdbff ? part.slice(0, -1) : part;
}

/** UTF-8 bytes to text; invalid sequences become U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** UTF-8 bytes to text, a byte order mark kept; null where they are not UTF-8. */
export function utf8TextStrict(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * As `utf8Stream`, without a byte order mark at the beginning; null from the first chunk that is not UTF-8 (`end`: the
 * text stops inside a character).
 */
export function utf8StreamStrict(): { push(bytes: Uint8Array): string | null; end(): string | null } {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decoded = (bytes: Uint8Array | undefined, stream: boolean) => {
    try {
      return decoder.decode(bytes, { stream });
    } catch {
      return null;
    }
  };
  return { push: (bytes) => decoded(bytes, true), end: () => decoded(undefined, false) };
}

/**
 * A decoder for chunks that may cut a character in two. Call `end` once for what is left. Up to a chunk that ends in a
 * byte which is not ASCII no character can be cut, and then the decoders that keep no state serve, which cost half.
 */
export function utf8Stream(): { push(bytes: Uint8Array): string; end(): string } {
  let keeping: InstanceType<typeof TextDecoder> | null = null;
  let isBegun = false;
  const push = (bytes: Uint8Array) => {
    if (bytes.length === 0) return "";
    const isFirst = !isBegun;
    isBegun = true;
    if (keeping === null && bytes[bytes.length - 1]! < 0x80) return (isFirst ? decoder : markKeepingDecoder).decode(bytes);
    keeping ??= new TextDecoder("utf-8", { ignoreBOM: !isFirst });
    return keeping.decode(bytes, { stream: true });
  };
  return { push, end: () => keeping?.decode() ?? "" };
}
