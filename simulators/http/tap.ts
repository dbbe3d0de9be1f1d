import { createHash } from "node:crypto";
import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { TapHeader, TapLine, TapTrailer } from "../../kernel/records.ts";
import type { EventSink } from "../../kernel/seams.ts";

/**
 * A tap on disk (`kernel/records.ts`): header, numbered records, and on `close` the trailer with count and sha256 of every byte before it.
 * `emit` never blocks; what could not be written makes `close` reject and leaves the file without its trailer.
 */
export class TapFile<R> implements EventSink<R> {
  readonly #file: WriteStream;
  readonly #sha256 = createHash("sha256");
  readonly #finished: Promise<void>;
  #count = 0;
  #closing: Promise<TapTrailer> | null = null;

  /** Replaces a file of that name; throws when it cannot be opened. */
  constructor(path: string, header: Omit<TapHeader, "type" | "schema">) {
    this.#file = createWriteStream(path, { fd: openSync(path, "w") });
    this.#finished = finished(this.#file);
    this.#finished.catch(() => {});
    this.#write({ type: "header", schema: "blastlab.tap/1", ...header } satisfies TapHeader);
  }

  emit(record: R): void {
    if (this.#closing !== null) return;
    const line: TapLine<R> = { type: "record", sequence: this.#count++, ...record };
    this.#write(line);
  }

  /** Writes the trailer and waits until the file is whole. Calling it again gives the same answer. */
  close(): Promise<TapTrailer> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<TapTrailer> {
    const trailer: TapTrailer = { type: "trailer", count: this.#count, sha256: this.#sha256.digest("hex") };
    this.#file.end(`${JSON.stringify(trailer)}\n`);
    await this.#finished;
    return trailer;
  }

  #write(line: object): void {
    const text = `${JSON.stringify(line)}\n`;
    this.#sha256.update(text);
    this.#file.write(text);
  }
}
