import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** A log may hold gigabytes; an error quotes a few lines of it. */
const tailBytes = 16 * 1024;

/**
 * The last lines of a log that are not blank, out of its last 16 KiB. None if it cannot be read: the error that quotes
 * them names the file.
 */
export function logEnd(file: string, count: number): readonly string[] {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { size } = fstatSync(descriptor);
      const bytes = Buffer.alloc(Math.min(size, tailBytes));
      const length = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString("utf8", 0, length).split("\n").filter((line) => line.trim() !== "").slice(-count);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return [];
  }
}
