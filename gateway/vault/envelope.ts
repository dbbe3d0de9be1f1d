import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { MasterKey } from "./core/vault.ts";

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/** AES-256-GCM: nonce, tag and ciphertext in one, base64. `context` is authenticated and not kept. */
export function encrypt(key: Buffer, plain: Buffer, context: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
}

/** Throws where key or context differ, or a bit was changed. The message names neither. */
export function decrypt(key: Buffer, text: string, context: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length < ivBytes + tagBytes) throw new Error("It is too short to be sealed");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes }).setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch {
    throw new Error("It was sealed with another key or for another place, or it was changed");
  }
}

/** A key of 32 bytes, from hex or base64. The error says what is wrong and quotes nothing. */
export function parseKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, "hex") : /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) ? Buffer.from(trimmed, "base64") : null;
  if (key?.length !== keyBytes) throw new Error("Expected a key of 32 bytes, as 64 hex digits or in base64");
  return key;
}

/**
 * Envelope encryption: each text is sealed with a data key of its own, and the data key with the master key. `readKey`
 * is called at each `load`.
 */
export class EnvelopeKey implements MasterKey {
  readonly #readKey: () => string;
  #key: Buffer | null = null;

  constructor(readKey: () => string) {
    this.#readKey = readKey;
  }

  get isLoaded(): boolean {
    return this.#key !== null;
  }

  load(): void {
    this.#key = parseKey(this.#readKey());
  }

  /** Overwrites the key. Texts that Node made on the way to it stay in memory until they are collected and reused. */
  forget(): void {
    this.#key?.fill(0);
    this.#key = null;
  }

  seal(plain: string, context: string): string {
    const dataKey = randomBytes(keyBytes);
    const sealed = `${encrypt(this.#loaded(), dataKey, `key ${context}`)}.${encrypt(dataKey, Buffer.from(plain), context)}`;
    dataKey.fill(0);
    return sealed;
  }

  open(sealed: string, context: string): string {
    const [wrapped = "", text = ""] = sealed.split(".");
    const dataKey = decrypt(this.#loaded(), wrapped, `key ${context}`);
    try {
      return decrypt(dataKey, text, context).toString();
    } finally {
      dataKey.fill(0);
    }
  }

  #loaded(): Buffer {
    if (this.#key === null) throw new Error("The key is not loaded");
    return this.#key;
  }
}
