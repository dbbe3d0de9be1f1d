import type { Transform } from "node:stream";
import { finished } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { EventStreamReader } from "../load/core/sse.ts";
import { eventFacts, wholeTokens } from "./core/answer-facts.ts";

/** What an answer came to. Times since the request's arrival, ms. */
export interface Measured {
  readonly stream: boolean;
  readonly firstTokenMs: number | null;
  readonly lastTokenMs: number | null;
  readonly tokens: number | null;
  /** A stream's terminal event was seen; true of anything that is no stream. */
  readonly terminal: boolean;
  /** The beginning of what is no stream, for an error's body. Leaves this process scrubbed only. */
  readonly text: string;
}

/** JSON answers that are longer have no token count. */
const textBytesMax = 4 * 2 ** 20;

const decoders: Readonly<Record<string, () => Transform>> = { gzip: createGunzip, "x-gzip": createGunzip, deflate: createInflate, br: createBrotliDecompress, zstd: createZstdDecompress };

/**
 * Looks at a copy of one response's bytes as they pass; a compressed copy is opened here, the bytes themselves are not
 * touched.
 */
export class AnswerMeter {
  readonly #stream: boolean;
  readonly #sinceMs: () => number;
  readonly #decoder: Transform | null;
  readonly #events = new EventStreamReader();
  #firstTokenMs: number | null = null;
  #lastTokenMs: number | null = null;
  #contentEvents = 0;
  #usageTokens: number | null = null;
  #terminal = false;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(headers: { readonly contentType: string; readonly contentEncoding: string }, sinceMs: () => number) {
    this.#stream = headers.contentType.startsWith("text/event-stream");
    this.#sinceMs = sinceMs;
    this.#decoder = decoders[headers.contentEncoding]?.() ?? null;
    // A damaged copy ends what is measured, and nothing else.
    this.#decoder?.on("data", (chunk: Uint8Array) => this.#read(chunk)).on("error", () => {});
  }

  push(chunk: Uint8Array): void {
    if (this.#decoder === null) this.#read(chunk);
    else if (!this.#decoder.destroyed) this.#decoder.write(chunk);
  }

  /** After the last chunk, or after the break. */
  async end(): Promise<Measured> {
    if (this.#decoder !== null && !this.#decoder.destroyed) {
      this.#decoder.end();
      // A compressed answer that was cut: what was decoded counts.
      await finished(this.#decoder).catch(() => {});
    }
    const text = Buffer.concat(this.#chunks).toString("utf8");
    const tokens = this.#usageTokens ?? (this.#stream ? this.#contentEvents || null : wholeTokens(text));
    return { stream: this.#stream, firstTokenMs: this.#firstTokenMs, lastTokenMs: this.#lastTokenMs, tokens, terminal: this.#terminal || !this.#stream, text };
  }

  #read(chunk: Uint8Array): void {
    if (this.#stream) for (const data of this.#events.push(chunk)) this.#take(data);
    else if (this.#bytes + chunk.length <= textBytesMax) {
      this.#bytes += chunk.length;
      this.#chunks.push(chunk);
    }
  }

  #take(data: string): void {
    const { content, outputTokens, terminal } = eventFacts(data);
    if (content) {
      this.#lastTokenMs = this.#sinceMs();
      this.#firstTokenMs ??= this.#lastTokenMs;
      this.#contentEvents++;
    }
    this.#usageTokens = outputTokens ?? this.#usageTokens;
    this.#terminal ||= terminal;
  }
}
