import { utf8Bytes } from "./utf8.ts";

/** SHA-256 (FIPS 180-4) for the pure parts, which have no `node:crypto`: of short texts, such as keys. */
export function sha256Hex(text: string): string {
  const bytes = padded(utf8Bytes(text));
  state.set(initial);
  for (let at = 0; at < bytes.length; at += 64) {
    for (let index = 0; index < 16; index++) words[index] = wordAt(bytes, at + 4 * index);
    compress();
  }
  let hex = "";
  for (let index = 0; index < 8; index++) hex += hexOf(state[index]!);
  return hex;
}

/** A one, zeros, and the length in bits, up to a whole block. */
function padded(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  /** In bits, of which a text that fits a string has fewer than 2^53. */
  for (let [at, rest] = [bytes.length - 1, message.length * 8]; rest > 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}

/** What one call works in: calls do not overlap, and an allocation would cost more than a block. */
const state = new Int32Array(8);
const words = new Int32Array(64);

const wordAt = (bytes: Uint8Array, at: number) => (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const hexOf = (word: number) => hexPairs[word >>> 24]! + hexPairs[(word >>> 16) & 255]! + hexPairs[(word >>> 8) & 255]! + hexPairs[word & 255]!;

const rotated = (word: number, by: number) => (word >>> by) | (word << (32 - by));

/** One block, the first 16 of `words`, into `state`. */
function compress(): void {
  for (let index = 16; index < 64; index++) {
    const [before15, before2] = [words[index - 15]!, words[index - 2]!];
    const s0 = rotated(before15, 7) ^ rotated(before15, 18) ^ (before15 >>> 3);
    const s1 = rotated(before2, 17) ^ rotated(before2, 19) ^ (before2 >>> 10);
    words[index] = (words[index - 16]! + s0 + words[index - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let index = 0; index < 64; index++) {
    const t1 = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + constants[index]! + words[index]!) | 0;
    const t2 = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** The first 32 bits of the fractional part of a root of each of the first primes. */
function fractions(count: number, root: (prime: number) => number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  return primes.map((prime) => ((root(prime) % 1) * 2 ** 32) | 0);
}

const initial = fractions(8, Math.sqrt);
const constants = Int32Array.from(fractions(64, Math.cbrt));
