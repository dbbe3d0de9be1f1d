import type { Writable } from "node:stream";

/** What may wait for a reader that is slow. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Lines for a stream that nobody may read, or whose reader may go: serving never waits for it, and never ends by it. Lines of one turn of the event
 * loop go out in one write: each is a system call that every request would wait for. Where more than `waitingBytesMax` waits, lines are dropped; how
 * many is the first line once there is room again.
 */
export class LogLines {
  readonly #stream: Writable;
  readonly #waitingBytesMax: number;
  #lines = "";
  #dropped = 0;

  constructor(stream: Writable, waitingBytesMax = WAITING_BYTES_MAX) {
    this.#stream = stream;
    this.#waitingBytesMax = waitingBytesMax;
    /** A pipe without a reader, a full disk: what was to be written is lost, and the next write is tried all the same. */
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

  /** Writes now what this turn has said so far. */
  readonly flush = (): void => {
    const ready = this.#lines;
    this.#lines = "";
    if (ready !== "") this.#stream.write(ready);
  };
}
