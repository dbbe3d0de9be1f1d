import { createHash } from "node:crypto";
import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { TapHeader, TapLine, TapTrailer } from "../../kernel/records.ts";

/**
 * Writes a tap: header, numbered records, trailer (see `TapName`). Until `close` has resolved, the file has no trailer
 * and is read as cut.
 */
export class TapWriter<R extends object> implements AsyncDisposable {
  readonly #file: WriteStream;
  readonly #hash = createHash("sha256");
  #sequence = 0;
  #failure: Error | null = null;
  #closing: Promise<void> | null = null;

  constructor(path: string, header: Omit<TapHeader, "type" | "schema">) {
    this.#file = createWriteStream(path);
    this.#file.on("error", (error) => (this.#failure ??= error));
    this.#line({ type: "header", schema: "blastlab.tap/1", ...header } satisfies TapHeader);
  }

  write(record: R): void {
    this.#line({ type: "record", sequence: this.#sequence++, ...record } satisfies TapLine<R>);
  }

  /**
   * Writes the trailer; resolves when all is on disk. Rejects if any write failed. Calling it again returns the same
   * promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const trailer: TapTrailer = { type: "trailer", count: this.#sequence, sha256: this.#hash.digest("hex") };
    this.#file.end(`${JSON.stringify(trailer)}\n`);
    await finished(this.#file);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #line(value: object): void {
    const line = `${JSON.stringify(value)}\n`;
    this.#hash.update(line);
    this.#file.write(line);
  }
}
