/**
 * Deterministic, non-cryptographic hashing for fates, draws and marks. Keyed by prefixing a secret; nobody attacks a
 * lab. The mixing constants are those of MurmurHash3 and of its published finaliser (Appleby, 2011, public domain).
 */

const finalise = (h: number): number => {
  h = Math.imul(h ^ (h >>> 16), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return (h ^ (h >>> 16)) >>> 0;
};

/** Two independent 32-bit hashes of the UTF-16 units of `text`: together 64 bits. */
export function hash64(text: string): readonly [number, number] {
  let a = 0x2c1b3c6d ^ text.length;
  let b = 0x297a2d39 ^ text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 3432918353);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ unit, 461845907);
    b = (b << 15) | (b >>> 17);
  }
  return [finalise(a), finalise(b ^ 0x5bd1e995)];
}

/** 32-bit hash of `text`. */
export function hash32(text: string): number {
  return hash64(text)[0];
}

/**
 * Uniform in [0, 1) with 53 bits, a pure function of its parts. The separator keeps ("a","bc") apart from ("ab","c").
 */
export function hashUnit(...parts: readonly (string | number)[]): number {
  const [high, low] = hash64(parts.join("\u001f"));
  return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
}

/** Fixed-width letters `a`..`p`, four bits each: text that no scrubber takes for a number, a name or an address. */
export function toLetters(value: number, width: number): string {
  let text = "";
  let rest = value >>> 0;
  for (let index = 0; index < width; index += 2) {
    text = letterPairs[rest & 255]! + text;
    rest = rest >>> 8;
  }
  return width % 2 === 0 ? text : text.slice(1);
}

const letterPairs = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15)));

/** Inverse of `toLetters`; NaN for anything but letters `a`..`p`. */
export function fromLetters(text: string): number {
  let value = 0;
  for (const letter of text) {
    const digit = letter.charCodeAt(0) - 97;
    if (digit < 0 || digit > 15) return Number.NaN;
    value = value * 16 + digit;
  }
  return value;
}

/** 64-bit hash as 16 letters `a`..`p`. */
export function hashLetters(text: string): string {
  const [high, low] = hash64(text);
  return toLetters(high, 8) + toLetters(low, 8);
}
