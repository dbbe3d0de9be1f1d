import type { Writable } from "node:stream";

/** Maximum that may wait for a slow reader. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Writes lines to a stream that nobody may read, or whose reader may leave: serving never waits for it, and never ends
 * because of it. Lines of one turn of the event loop are one write, because each write is a system call that every
 * request would wait for. While more than `waitingBytesMax` waits, lines are dropped. Their count is the first line
 * once there is room again.
 */
export class LogLines {
  readonly #stream: Writable;
  readonly #waitingBytesMax: number;
  #lines = "";
  #dropped = 0;

  constructor(stream: Writable, waitingBytesMax = WAITING_BYTES_MAX) {
    this.#stream = stream;
    this.#waitingBytesMax = waitingBytesMax;
    /** A pipe without a reader, or a full disk: that write is lost, and the next one is tried all the same. */
    stream.on("error", () => {});
  }

  readonly write = (line: string): void => {
    if (this.#stream.writableLength + this.#lines.length > this.#waitingBytesMax) {
      this.#dropped++;
      return;
    }
    if (this.#lines === "") setImmediate(this.flush);
    if (this.#dropped > 0) this.#lines += `${JSON.stringify({ event: "log_dropped", lines: this.#dropped })}\n`;
    this.#dropped = 0;
    this.#lines += `${line}\n`;
  };

  /** Writes the lines of this turn now. */
  readonly flush = (): void => {
    const ready = this.#lines;
    this.#lines = "";
    if (ready !== "") this.#stream.write(ready);
  };
}
