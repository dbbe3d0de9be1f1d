import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { messageOf } from "../kernel/errors.ts";
import { tapLineBytesMax } from "./files.ts";

const chunkBytes = 1 << 20;
/** What one call reads at most; the rest of a file that grows faster comes with the next calls. */
const chunksPerPoll = 32;
const newline = 0x0a;

/** Reads a file as it grows, whole lines only. A file that is not there yet has none. */
export class LineFollower {
  readonly #path: string;
  readonly #lineBytesMax: number;
  /** Called once, with a sentence, when the file cannot be followed any more: from then on it has no lines. */
  readonly #onTrouble: (trouble: string) => void;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);
  #lost = false;

  constructor(path: string, options: { readonly onTrouble: (trouble: string) => void; readonly lineBytesMax?: number }) {
    this.#path = path;
    this.#onTrouble = options.onTrouble;
    this.#lineBytesMax = options.lineBytesMax ?? tapLineBytesMax;
  }

  /** Lines that were completed since the last call. Not to be called while a call is under way. Never rejects. */
  async poll(): Promise<readonly string[]> {
    if (this.#lost) return [];
    try {
      await using file = await this.#open();
      return file === null ? [] : this.#split(await this.#readNew(file));
    } catch (error) {
      this.#lost = true;
      this.#rest = Buffer.alloc(0);
      this.#onTrouble(`Cannot follow "${this.#path}": ${messageOf(error)}`);
      return [];
    }
  }

  /** Null: it is not there yet. Without `O_NONBLOCK`, opening a named pipe would wait for a writer. */
  async #open(): Promise<FileHandle | null> {
    let file: FileHandle;
    try {
      file = await open(this.#path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new Error("it is not a file");
  }

  async #readNew(file: FileHandle): Promise<Buffer> {
    // Whoever writes it has begun anew.
    if ((await file.stat()).size < this.#offset) [this.#offset, this.#rest] = [0, Buffer.alloc(0)];
    const parts = [this.#rest];
    for (let chunk = 0; chunk < chunksPerPoll; chunk++) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, this.#offset);
      if (bytesRead === 0) break;
      this.#offset += bytesRead;
      parts.push(buffer.subarray(0, bytesRead));
    }
    return Buffer.concat(parts);
  }

  #split(bytes: Buffer): readonly string[] {
    const end = bytes.lastIndexOf(newline) + 1;
    // A copy: a view would keep everything that was read.
    this.#rest = Buffer.from(bytes.subarray(end));
    if (this.#rest.length > this.#lineBytesMax) throw new Error(`a line is longer than ${this.#lineBytesMax} bytes`);
    return bytes.toString("utf8", 0, end).split("\n").filter((line) => line !== "");
  }
}
