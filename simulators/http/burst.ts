import type { ServerResponse } from "node:http";

/** So much is handed to the connection at once, whatever else may follow in the same moment. */
const burstBytesMax = 64 * 1024;

/**
 * The writing side of a response whose head has been made (`writeHead`): chunks that come in the same moment leave in one piece, the head with the
 * first of them; by HTTP's framing they stay the chunks that they are. At the moment's end, when no promise has anything left to do, all is
 * on its way. It frames the chunks itself: node:http would give each to the connection in four pieces.
 */
export class Burst {
  readonly #outgoing: ServerResponse;
  readonly #framed: boolean;
  /** Bytes as characters, one each (latin1): node:http sends them in one piece with the head. */
  #text = "";
  #scheduled = true;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    this.#framed = outgoing.chunkedEncoding;
    outgoing.chunkedEncoding = false;
    process.nextTick(() => {
      if (!this.flush() && !outgoing.writableEnded) outgoing.flushHeaders();
    });
  }

  /** False: the client is behind; wait for `drain` before the next. */
  write(chunk: Uint8Array): boolean {
    if (chunk.length > 0) this.#add(chunk);
    if (this.#text.length >= burstBytesMax) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(() => this.flush());
    }
    return !this.#outgoing.writableNeedDrain;
  }

  /** The message is whole. */
  end(): void {
    if (this.#framed) this.#text += "0\r\n\r\n";
    this.#outgoing.end(this.#take(), "latin1");
  }

  /** Whether there was anything to hand over. */
  flush(): boolean {
    this.#scheduled = false;
    if (this.#text === "" || this.#outgoing.writableEnded) return false;
    this.#outgoing.write(this.#take(), "latin1");
    return true;
  }

  #add(chunk: Uint8Array): void {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    this.#text += this.#framed ? `${chunk.length.toString(16)}\r\n${text}\r\n` : text;
  }

  #take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}
