import { closeSync, fstatSync, openSync, readSync, rmSync } from "node:fs";

/** Far above the time that a holder needs: its process died. */
const staleMs = 2_000;
const waitMs = 2;
/** More than any entry has. */
const lineBytesMax = 64 * 1024;

/**
 * Runs `change` while no other process does with this lock. Waits without giving up the thread: a holder needs a few
 * milliseconds.
 */
export function withLock<T>(lock: string, change: () => T): T {
  const lastMs = Date.now() + staleMs;
  for (;;) {
    try {
      closeSync(openSync(lock, "wx", 0o600));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (Date.now() > lastMs) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
    }
  }
  try {
    return change();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The last whole line of a file; null: it has none, or is not there. */
export function lastLine(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, lineBytesMax));
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString().split("\n").at(-2) ?? null;
  } finally {
    closeSync(descriptor);
  }
}
