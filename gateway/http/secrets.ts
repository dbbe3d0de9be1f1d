import { open } from "node:fs/promises";
import type { Clock, Secrets } from "../../kernel/seams.ts";
import { vaultReference } from "../config/vault-schema.ts";
import { envSecrets } from "./secrets-env.ts";

/** How long a value from a file is used before the file is read again: the longest delay of a rotation. */
const FRESH_MS = 1_000;

/** A service account's key file has about 3 KB. */
const SECRET_BYTES_MAX = 64 * 1024;

/** How long a request waits for a read while an older value exists. */
const READ_WAIT_MS = 250;

/**
 * Credentials by reference: `env:NAME`, as of the process's start, and `file:PATH`, read again every second, so that a
 * key is rotated by replacing its file, without restart. Errors name the reference, never a value.
 */
export function liveSecrets(environment: Readonly<Record<string, string | undefined>>, clock: Clock): Secrets {
  const fromEnvironment = envSecrets(environment);
  const fromFiles = fileSecrets(clock);
  return { read: (reference, signal) => (reference.startsWith("file:") ? fromFiles : fromEnvironment).read(reference, signal) };
}

/** `own`, and `vault:NAME` from the vault. */
export function withVault(own: Secrets, vault: Secrets | null): Secrets {
  if (vault === null) return own;
  return { read: (reference, signal) => (reference.startsWith(vaultReference) ? vault : own).read(reference, signal) };
}

/**
 * One value a file, without the white space around it. While a file cannot be read, or a read hangs as on an
 * unresponsive mount, the last value is used. There is never more than one read.
 */
export function fileSecrets(clock: Clock): Secrets {
  const files = new Map<string, SecretFile>();
  return {
    read: (reference) => {
      let file = files.get(reference);
      if (file === undefined) files.set(reference, (file = new SecretFile(reference, clock)));
      return file.read();
    },
  };
}

class SecretFile {
  readonly #reference: string;
  readonly #clock: Clock;
  /** Null: it has never been read. */
  #last: Promise<string> | null = null;
  #reading: Promise<string> | null = null;
  #readMs = -Infinity;

  constructor(reference: string, clock: Clock) {
    this.#reference = reference;
    this.#clock = clock;
  }

  read(): Promise<string> {
    const ageMs = this.#clock.nowMs() - this.#readMs;
    if (this.#reading === null) {
      if (this.#last !== null && ageMs < FRESH_MS) return this.#last;
      return this.#valueWithin(this.#begin(), READ_WAIT_MS);
    }
    return this.#valueWithin(this.#reading, READ_WAIT_MS - ageMs);
  }

  #begin(): Promise<string> {
    this.#readMs = this.#clock.nowMs();
    const last = this.#last;
    const reading = readSecret(this.#reference)
      .catch((error: unknown) => {
        if (last !== null) return last;
        throw error;
      })
      .finally(() => (this.#reading = null));
    this.#reading = reading;
    reading.then((value) => (this.#last = Promise.resolve(value)), () => {});
    return reading;
  }

  /** The value of `reading`, or the last one where that takes longer than `waitMs`. */
  #valueWithin(reading: Promise<string>, waitMs: number): Promise<string> {
    const last = this.#last;
    if (last === null) return reading;
    if (waitMs <= 0) return last;
    const over = Promise.withResolvers<string>();
    const cancel = this.#clock.at(this.#clock.nowMs() + waitMs, () => over.resolve(last));
    return Promise.race([reading, over.promise]).finally(cancel);
  }
}

/** Null: longer than any secret. A pipe may hold one, so the length is limited and not the kind of file. */
async function textOf(path: string): Promise<string | null> {
  await using file = await open(path);
  const bytes = Buffer.alloc(SECRET_BYTES_MAX + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, null);
    length += bytesRead;
    if (bytesRead === 0) return bytes.toString("utf8", 0, length);
    if (length > SECRET_BYTES_MAX) return null;
  }
}

async function readSecret(reference: string): Promise<string> {
  const text = await textOf(reference.slice("file:".length)).catch((error: unknown) => {
    throw new Error(`Cannot read secret "${reference}": ${(error as NodeJS.ErrnoException).code ?? "unreadable"}`);
  });
  if (text === null) throw new Error(`Cannot read secret "${reference}": its file is longer than ${SECRET_BYTES_MAX} bytes`);
  if (text.trim() === "") throw new Error(`Cannot read secret "${reference}": its file is empty`);
  return text.trim();
}
