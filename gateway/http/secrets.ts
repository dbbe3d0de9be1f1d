import { readFile } from "node:fs/promises";
import type { Clock, Secrets } from "../../kernel/seams.ts";
import { envSecrets } from "./secrets-env.ts";

/** How long a value that was read from a file is used before the file is read again: the longest that a rotation waits. */
const FRESH_MS = 1_000;

/**
 * Credentials by reference: `env:NAME`, as the process was started; `file:PATH`, read again every second, so that a key is rotated by
 * replacing its file, without restart. An error names the reference, never a value.
 */
export function liveSecrets(environment: Readonly<Record<string, string | undefined>>, clock: Clock): Secrets {
  const fromEnvironment = envSecrets({ ...environment });
  const fromFiles = fileSecrets(clock);
  return { read: (reference, signal) => (reference.startsWith("file:") ? fromFiles : fromEnvironment).read(reference, signal) };
}

/** One value to a file; white space around it is not part of it. While a file cannot be read the last value is used. */
export function fileSecrets(clock: Clock): Secrets {
  const known = new Map<string, { readonly value: Promise<string>; readonly readMs: number }>();
  return {
    read: (reference) => {
      const last = known.get(reference);
      if (last !== undefined && clock.nowMs() - last.readMs < FRESH_MS) return last.value;
      const value = readSecret(reference).catch((error: unknown) => {
        if (last !== undefined) return last.value;
        known.delete(reference);
        throw error;
      });
      known.set(reference, { value, readMs: clock.nowMs() });
      return value;
    },
  };
}

async function readSecret(reference: string): Promise<string> {
  const text = await readFile(reference.slice("file:".length), "utf8").catch((error: unknown) => {
    throw new Error(`Cannot read secret "${reference}": ${(error as NodeJS.ErrnoException).code ?? "unreadable"}`);
  });
  if (text.trim() === "") throw new Error(`Cannot read secret "${reference}": its file is empty`);
  return text.trim();
}
