import { open } from "node:fs/promises";

const chunkBytes = 1 << 20;

/** Reads a file as it grows, whole lines only. A file that is not there yet has none. */
export class LineFollower {
  readonly #path: string;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Lines that were completed since the last call. Not to be called while a call is under way. */
  async poll(): Promise<readonly string[]> {
    const file = await open(this.#path, "r").catch(() => null);
    if (file === null) return [];
    try {
      const parts = [this.#rest];
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, this.#offset);
        if (bytesRead === 0) break;
        this.#offset += bytesRead;
        parts.push(buffer.subarray(0, bytesRead));
      }
      return this.#split(Buffer.concat(parts));
    } finally {
      await file.close();
    }
  }

  #split(bytes: Buffer): readonly string[] {
    const end = bytes.lastIndexOf(0x0a) + 1;
    this.#rest = bytes.subarray(end);
    return bytes.toString("utf8", 0, end).split("\n").filter((line) => line !== "");
  }
}
