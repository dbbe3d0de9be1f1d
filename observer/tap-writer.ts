import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { TapHeader } from "../kernel/records.ts";

/**
 * Writes one of the observer's own taps as it goes, so that a cut leaves what was written. Few lines a second:
 * synchronous.
 */
export class TapWriter<R extends object> implements Disposable {
  readonly #file: number;
  readonly #hash: Hash = createHash("sha256");
  #count = 0;
  #closed = false;

  /** Creates the file and writes the header. Throws what the file system throws. */
  constructor(path: string, header: Omit<TapHeader, "type" | "schema">) {
    this.#file = openSync(path, "w");
    this.#write({ type: "header", schema: "blastlab.tap/1", ...header });
  }

  /** Appends a record; after `close` it is ignored, as a probe may still be under way. */
  append(record: R): void {
    if (!this.#closed) this.#write({ type: "record", sequence: this.#count++, ...record });
  }

  /** Writes the trailer. Calling it twice is harmless. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    writeSync(this.#file, `${JSON.stringify({ type: "trailer", count: this.#count, sha256: this.#hash.digest("hex") })}\n`);
    closeSync(this.#file);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #write(line: object): void {
    const text = `${JSON.stringify(line)}\n`;
    this.#hash.update(text);
    writeSync(this.#file, text);
  }
}
