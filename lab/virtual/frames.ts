import { joined, utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import type { Link } from "../../simulators/network/toxics/link.ts";
import type { VirtualProcess } from "./process.ts";

/**
 * How messages travel on a virtual connection: as bytes, so that a toxic can cut them anywhere. Each frame is a kind (1
 * byte), a length (4 bytes, big-endian) and that many bytes. A message is one `head` (JSON), any number of `data`, and
 * one `end`.
 */
export type Frame = { readonly kind: "head"; readonly head: unknown } | { readonly kind: "data"; readonly bytes: Uint8Array } | { readonly kind: "end" };

const kinds = ["head", "data", "end"] as const;
const prefixBytes = 5;
/** What the sockets and the network hold of one direction before a writer has to wait. */
const bufferedBytesMax = 256 * 1024;

/**
 * One direction of a connection, in frames. While nothing acts on bytes there (no toxic, none under way), a frame is
 * handed over as it is, in the same turn; otherwise it is encoded, and passes the link.
 */
export class FramePipe {
  readonly link: Link;
  /** Handed over and not yet read: all before what is on the link. */
  readonly #frames: Frame[] = [];
  #waitingBytes = 0;
  /** The beginning of a frame that came by the link. */
  #rest: Uint8Array = new Uint8Array();
  #wakeReader: (() => void) | null = null;
  #wakeWriters: (() => void)[] = [];

  constructor(link: Link) {
    this.link = link;
    link.onReadable(() => this.#wake());
  }

  /** Returns a promise where the writer has to wait. */
  write(frame: Frame): Promise<void> | undefined {
    if (!this.link.isIdle || this.#rest.length > 0) return this.#writeBytes(encodeFrame(frame));
    this.#frames.push(frame);
    if (frame.kind === "data") this.#waitingBytes += frame.bytes.length;
    this.#wake();
    return this.#waitingBytes > bufferedBytesMax ? new Promise((resolve) => this.#wakeWriters.push(resolve)) : undefined;
  }

  /** The next frame; null: the direction has ended; undefined: nothing has come yet. */
  read(): Frame | null | undefined {
    if (this.link.ending === "reset") this.#frames.length = 0;
    const frame = this.#shift();
    if (frame !== undefined) {
      if (this.#frames.length === 0) this.#emptied();
      return frame;
    }
    for (;;) {
      const taken = this.#take();
      if (taken !== null) return taken;
      const bytes = this.link.take();
      if (bytes === null) return this.link.ending === null ? undefined : null;
      this.#rest = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    }
  }

  /** Resolves when there may be something to read. */
  readable(): Promise<void> {
    return new Promise((resolve) => (this.#wakeReader = resolve));
  }

  /** The next frame that was handed over. Data that waits together is one, as one read of a socket brings it. */
  #shift(): Frame | undefined {
    const frame = this.#frames.shift();
    if (frame?.kind !== "data" || this.#frames[0]?.kind !== "data") return frame;
    const parts = [frame.bytes];
    for (let next = this.#frames[0]; next?.kind === "data"; next = this.#frames[0]) {
      parts.push(next.bytes);
      this.#frames.shift();
    }
    return { kind: "data", bytes: joined(parts) };
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = null;
    wake?.();
    if (this.#wakeWriters.length > 0 && this.link.isEnding) this.#emptied();
  }

  #emptied(): void {
    this.#waitingBytes = 0;
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }

  #writeBytes(bytes: Uint8Array): Promise<void> | undefined {
    this.#waitingBytes += bytes.length;
    const taken = this.link.write(bytes).then(() => void (this.#waitingBytes -= bytes.length));
    return this.#waitingBytes > bufferedBytesMax ? taken : undefined;
  }

  #take(): Frame | null {
    const rest = this.#rest;
    if (rest.length < prefixBytes) return null;
    const length = new DataView(rest.buffer, rest.byteOffset).getUint32(1);
    if (rest.length < prefixBytes + length) return null;
    const payload = rest.subarray(prefixBytes, prefixBytes + length);
    this.#rest = rest.subarray(prefixBytes + length);
    const kind = kinds[rest[0]!]!;
    if (kind === "head") return { kind, head: JSON.parse(utf8Text(payload)) as unknown };
    return kind === "data" ? { kind, bytes: payload } : { kind };
  }
}

/**
 * Reads the frames of one direction of a connection, over all its messages, as one process: while that is halted,
 * nothing is read.
 */
export class FrameReader {
  readonly #pipe: FramePipe;
  readonly #reader: VirtualProcess;

  constructor(pipe: FramePipe, reader: VirtualProcess) {
    this.#pipe = pipe;
    this.#reader = reader;
  }

  /**
   * The next frame, or null when the direction has ended; undefined: there is none yet, or the process may not read
   * now.
   */
  poll(): Frame | null | undefined {
    return this.#reader.halted ? undefined : this.#pipe.read();
  }

  /** To be awaited where `poll` gave nothing: resolves when there may be something. */
  readable(): Promise<void> {
    return this.#reader.halted ? this.#reader.resumed() : this.#pipe.readable();
  }
}

/** Writes the frames of one direction of a connection, as one process. */
export class FrameWriter {
  readonly #pipe: FramePipe;
  readonly #writer: VirtualProcess;

  constructor(pipe: FramePipe, writer: VirtualProcess) {
    this.#pipe = pipe;
    this.#writer = writer;
  }

  /** Returns a promise where the process may not write more at once: it resolves when it may. */
  write(frame: Frame): Promise<void> | undefined {
    const wait = this.#pipe.write(frame);
    return wait === undefined && !this.#writer.halted ? undefined : this.#waited(wait);
  }

  /** The end of the direction, behind what was written. */
  end(): void {
    this.#pipe.link.end();
  }

  async #waited(wait: Promise<void> | undefined): Promise<void> {
    await wait;
    if (this.#writer.halted) await this.#writer.resumed();
  }
}

function encodeFrame(frame: Frame): Uint8Array {
  const payload = frame.kind === "head" ? utf8Bytes(JSON.stringify(frame.head)) : frame.kind === "data" ? frame.bytes : new Uint8Array();
  const bytes = new Uint8Array(prefixBytes + payload.length);
  bytes[0] = kinds.indexOf(frame.kind);
  new DataView(bytes.buffer).setUint32(1, payload.length);
  bytes.set(payload, prefixBytes);
  return bytes;
}

