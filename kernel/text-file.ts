import { messageOf } from "./errors.ts";
import { utf8StreamStrict, utf8Text } from "./utf8.ts";

/** The part of `node:fs` that reading takes; `import * as fs from "node:fs"` fits. */
export interface FileAccess {
  openSync(path: string, flags: number): number;
  fstatSync(descriptor: number): { readonly size: number; isFile(): boolean; isFIFO(): boolean; isDirectory(): boolean };
  readSync(descriptor: number, target: Uint8Array, offset: number, length: number, position: null): number;
  closeSync(descriptor: number): void;
  /** `O_NONBLOCK`: without it, opening a named pipe waits for a writer. Absent on Windows. */
  readonly constants: { readonly O_RDONLY: number; readonly O_NONBLOCK?: number };
}

export type FileProblem = "missing" | "not_a_file" | "too_large" | "line_too_long" | "empty" | "not_utf8" | "not_json" | "unreadable";

/** Why a file cannot be used. The message continues a sentence: `Cannot read the plan "x": ` + message. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly problem: FileProblem;

  constructor(problem: FileProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.problem = problem;
  }
}

/** One line of a file, without its line end. */
export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** Valid until the next line is taken. */
  readonly bytes: Uint8Array;
  /** False for a last line that no line end follows. */
  readonly ended: boolean;
}

export interface LineLimits {
  readonly bytesMax: number;
  readonly lineBytesMax: number;
}

/**
 * Readers that hold a limit: none waits for a pipe, reads a device, or keeps more than the limit in memory. All throw
 * `FileError`.
 */
export interface FileReader {
  /** A text file as a whole, without its byte order mark. */
  readonly readText: (path: string, bytesMax: number) => string;
  /** A text file in parts, without its byte order mark. `lineBytesMax` Infinity: a line may be as long as the file. */
  readonly readParts: (path: string, limits: LineLimits) => Generator<string>;
  /** A JSON file as a whole; the value is whatever the file holds. */
  readonly readJson: (path: string, bytesMax: number) => unknown;
  /** A file line by line, in the memory of one line. */
  readonly readLines: (path: string, limits: LineLimits) => Generator<FileLine>;
}

const chunkBytes = 1 << 18;
const newline = 0x0a;

/**
 * The readers over a file system. Each process has its own `node:fs`; the limits and the words are the same for all.
 * `pipes`: named pipes are read like files, which waits for whoever writes them; without it they are refused at once.
 */
export function fileReader(fs: FileAccess, { pipes = false }: { readonly pipes?: boolean } = {}): FileReader {
  const chunks = (path: string, bytesMax: number) => chunksOf(fs, { path, bytesMax, pipes });
  const readParts = (path: string, { bytesMax, lineBytesMax }: LineLimits) => textOf(chunks(path, bytesMax), lineBytesMax);
  const readText = (path: string, bytesMax: number) => [...readParts(path, { bytesMax, lineBytesMax: Infinity })].join("");
  return {
    readText,
    readParts,
    readJson: (path, bytesMax) => parseJson(readText(path, bytesMax)),
    readLines: (path, { bytesMax, lineBytesMax }) => linesOf(chunks(path, bytesMax), lineBytesMax),
  };
}

interface Source {
  readonly path: string;
  readonly bytesMax: number;
  readonly pipes: boolean;
}

/** Parts of a file, in one buffer that is used again for each. */
function* chunksOf(fs: FileAccess, { path, bytesMax, pipes }: Source): Generator<Uint8Array> {
  const descriptor = open(fs, path, pipes ? 0 : (fs.constants.O_NONBLOCK ?? 0));
  try {
    const status = fs.fstatSync(descriptor);
    if (!status.isFile() && !(pipes && status.isFIFO())) throw new FileError("not_a_file", `it is ${status.isDirectory() ? "a directory" : status.isFIFO() ? "a pipe" : "a device"}, not a file`);
    if (status.size > bytesMax) throw tooLarge(bytesMax);
    const buffer = new Uint8Array(chunkBytes);
    for (let total = 0; ; ) {
      const read = readSome(fs, descriptor, buffer);
      if (read === 0) return;
      total += read;
      if (total > bytesMax) throw tooLarge(bytesMax);
      yield buffer.subarray(0, read);
    }
  } finally {
    fs.closeSync(descriptor);
  }
}

function open(fs: FileAccess, path: string, flags: number): number {
  try {
    return fs.openSync(path, fs.constants.O_RDONLY | flags);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "ENOENT" || code === "ENOTDIR") throw new FileError("missing", "there is no such file", error);
    // A socket, or a device without a driver.
    if (code === "ENXIO" || code === "EOPNOTSUPP") throw new FileError("not_a_file", "it is a socket or a device, not a file", error);
    throw unreadable(error);
  }
}

function readSome(fs: FileAccess, descriptor: number, buffer: Uint8Array): number {
  try {
    return fs.readSync(descriptor, buffer, 0, buffer.length, null);
  } catch (error) {
    throw unreadable(error);
  }
}

function* linesOf(chunks: Iterable<Uint8Array>, lineBytesMax: number): Generator<FileLine> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length > lineBytesMax) throw lineTooLong(number, lineBytesMax);
  };
  for (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const part = chunk.subarray(from, end);
      take(part);
      yield { number, bytes: parts.length === 0 ? part : joined([...parts, part]), ended: true };
      number++;
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    take(chunk.subarray(from));
    parts.push(chunk.slice(from));
  }
  if (parts.length > 0) yield { number, bytes: joined(parts), ended: false };
}

function* textOf(chunks: Iterable<Uint8Array>, lineBytesMax: number): Generator<string> {
  const decoder = utf8StreamStrict();
  let line = 1;
  /** Bytes of the last line so far. */
  let length = 0;
  for (const chunk of chunks) {
    const end = chunk.indexOf(newline);
    if (length + (end < 0 ? chunk.length : end) > lineBytesMax) throw lineTooLong(line, lineBytesMax);
    length = end < 0 ? length + chunk.length : chunk.length - chunk.lastIndexOf(newline) - 1;
    const text = decoder.push(chunk);
    if (text === null) throw notUtf8(line + linesIn(utf8Text(chunk).split("\ufffd")[0]!));
    line += linesIn(text);
    yield text;
  }
  if (decoder.end() === null) throw notUtf8(line);
}

function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function parseJson(text: string): unknown {
  if (text.trim() === "") throw new FileError("empty", "it is empty");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileError("not_json", `it is not JSON: ${messageOf(error).replaceAll(/\s+/g, " ")}`, error);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tooLarge(bytesMax: number): FileError {
  return new FileError("too_large", `it is larger than ${sizeText(bytesMax)}, the most that is read`);
}

function lineTooLong(line: number, lineBytesMax: number): FileError {
  return new FileError("line_too_long", `line ${line} is longer than ${sizeText(lineBytesMax)}`);
}

function notUtf8(line: number): FileError {
  return new FileError("not_utf8", `line ${line} is not UTF-8 text`);
}

function unreadable(error: unknown): FileError {
  return new FileError("unreadable", `it cannot be read (${messageOf(error)})`, error);
}

function sizeText(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"] as const;
  const power = bytes < 1_024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1_024 ** power).toFixed(1))} ${units[power]}`;
}
