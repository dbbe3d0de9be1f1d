import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import type { Link } from "../../simulators/network/toxics/link.ts";
import type { VirtualProcess } from "./process.ts";

/**
 * How messages travel on a virtual connection: as bytes, so that a toxic can cut them anywhere. Each frame is a kind (1 byte), a length
 * (4 bytes, big-endian) and that many bytes. A message is one `head` (JSON), any number of `data`, and one `end`.
 */
export type Frame = { readonly kind: "head"; readonly head: unknown } | { readonly kind: "data"; readonly bytes: Uint8Array } | { readonly kind: "end" };

const kinds = ["head", "data", "end"] as const;
const prefixBytes = 5;

function encodeFrame(frame: Frame): Uint8Array {
  const payload = frame.kind === "head" ? utf8Bytes(JSON.stringify(frame.head)) : frame.kind === "data" ? frame.bytes : new Uint8Array();
  const bytes = new Uint8Array(prefixBytes + payload.length);
  bytes[0] = kinds.indexOf(frame.kind);
  new DataView(bytes.buffer).setUint32(1, payload.length);
  bytes.set(payload, prefixBytes);
  return bytes;
}

/** Reads the frames of one direction of a connection, over all its messages, as one process: while that is halted, nothing is read. */
export class FrameReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #reader: VirtualProcess;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>, reader: VirtualProcess) {
    this.#source = source[Symbol.asyncIterator]();
    this.#reader = reader;
  }

  /** The next frame, or null when the direction has ended. */
  async next(): Promise<Frame | null> {
    for (;;) {
      const frame = this.#take();
      if (frame !== null) return frame;
      const { done, value } = await this.#source.next();
      if (this.#reader.halted) await this.#reader.resumed();
      if (done === true) return null;
      this.#rest = concat(this.#rest, value);
    }
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

/** What the sockets and the network hold of one direction before a writer has to wait. */
const bufferedBytesMax = 256 * 1024;

/** Writes the frames of one direction of a connection, as one process. */
export class FrameWriter {
  readonly #link: Link;
  readonly #writer: VirtualProcess;
  #bufferedBytes = 0;

  constructor(link: Link, writer: VirtualProcess) {
    this.#link = link;
    this.#writer = writer;
  }

  /** Resolves when the process may write more. */
  async write(frame: Frame): Promise<void> {
    const bytes = encodeFrame(frame);
    this.#bufferedBytes += bytes.length;
    const taken = this.#link.write(bytes).then(() => void (this.#bufferedBytes -= bytes.length));
    if (this.#bufferedBytes > bufferedBytesMax) await taken;
    if (this.#writer.halted) await this.#writer.resumed();
  }

  /** The end of the direction, behind what was written. */
  end(): void {
    this.#link.end();
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
