import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Writes a file whole or not at all, and returns when it is on the disk: a temporary file, fsync, rename, fsync of the
 * folder. For its owner alone.
 */
export function writeDurably(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeAndSync(temporary, text, "w");
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
}

/** Adds a line to a file and returns when it is on the disk. */
export function appendDurably(file: string, line: string): void {
  writeAndSync(file, `${line}\n`, "a");
}

function writeAndSync(file: string, text: string, flags: "w" | "a"): void {
  const descriptor = openSync(file, flags, 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
