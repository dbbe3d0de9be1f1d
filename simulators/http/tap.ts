import { createHash } from "node:crypto";
import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { TapHeader, TapTrailer } from "../../kernel/records.ts";
import type { EventSink } from "../../kernel/seams.ts";

/** Lines are written in batches: at this many bytes, or this long after the first line. */
const batchLength = 64 * 1024;
const batchMs = 20;

/**
 * A tap on disk (`kernel/records.ts`): header, numbered records, and on `close` the trailer with count and sha256 of
 * every byte before it. `emit` never blocks. A failed write makes `close` reject and leaves the file without its
 * trailer.
 */
export class TapFile<R> implements EventSink<R> {
  readonly #file: WriteStream;
  readonly #sha256 = createHash("sha256");
  readonly #finished: Promise<void>;
  #count = 0;
  #closing: Promise<TapTrailer> | null = null;
  #batch = "";
  #timer: NodeJS.Timeout | null = null;

  /** Replaces an existing file. Throws when it cannot be opened. */
  constructor(path: string, header: Omit<TapHeader, "type" | "schema">) {
    this.#file = createWriteStream(path, { fd: openSync(path, "w") });
    this.#finished = finished(this.#file);
    // `close` awaits it and rejects. Until then its rejection counts as handled.
    this.#finished.catch(() => {});
    this.#write(JSON.stringify({ type: "header", schema: "blastlab.tap/1", ...header } satisfies TapHeader));
    this.#flush();
  }

  emit(record: R): void {
    if (this.#closing !== null) return;
    this.#write(tapLine(this.#count++, record));
  }

  /** Writes the trailer and waits until the file is complete. A second call returns the same result. */
  close(): Promise<TapTrailer> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<TapTrailer> {
    this.#flush();
    const trailer: TapTrailer = { type: "trailer", count: this.#count, sha256: this.#sha256.digest("hex") };
    this.#file.end(`${JSON.stringify(trailer)}\n`);
    await this.#finished;
    return trailer;
  }

  #write(line: string): void {
    this.#batch += `${line}\n`;
    if (this.#batch.length >= batchLength) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), batchMs);
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#batch === "") return;
    const bytes = Buffer.from(this.#batch);
    this.#batch = "";
    this.#sha256.update(bytes);
    this.#file.write(bytes);
  }
}

/** A `TapLine` as JSON, without copying the record. */
function tapLine(sequence: number, record: unknown): string {
  return `{"type":"record","sequence":${sequence},${JSON.stringify(record).slice(1)}`;
}
