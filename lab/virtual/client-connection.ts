import type { Signal } from "../../kernel/signal.ts";
import { TransportError, type TransportRequest, type TransportResponse } from "../../kernel/transport.ts";
import type { Connection } from "../../simulators/network/toxics/connection.ts";
import { FrameReader, FrameWriter, type Frame, type FramePipe } from "./frames.ts";
import type { VirtualProcess } from "./process.ts";

interface Exchange {
  readonly request: TransportRequest;
  readonly path: string;
  readonly signal: Signal;
  /** Gives the connection back for the next exchange. */
  readonly release: () => void;
}

/** A connection, and its two directions in frames. */
export interface FramedConnection {
  readonly connection: Connection;
  readonly upstream: FramePipe;
  readonly downstream: FramePipe;
}

/** The caller's end of a connection, which carries one request after another. */
export class ClientConnection {
  readonly #connection: Connection;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;

  constructor({ connection, upstream, downstream }: FramedConnection, process: VirtualProcess) {
    process.hold(connection);
    this.#connection = connection;
    this.#reader = new FrameReader(downstream, process);
    this.#writer = new FrameWriter(upstream, process);
  }

  /** Whether it can carry another request. */
  get isLive(): boolean {
    return this.#connection.end === null && this.#connection.downstream.ending === null;
  }

  /** One request and its response. Rejects with `TransportError`. */
  async exchange({ request, path, signal, release }: Exchange): Promise<TransportResponse> {
    const unsubscribe = signal.onAbort(() => this.#connection.close("closed"));
    this.#send(framesOf(request, path));
    let frame = this.#reader.poll();
    for (; frame === undefined; frame = this.#reader.poll()) await this.#reader.readable();
    if (frame?.kind !== "head" || signal.aborted) {
      unsubscribe();
      throw this.#failure(signal);
    }
    const { status, headers } = frame.head as Pick<TransportResponse, "status" | "headers">;
    const onEnd = (isWhole: boolean) => {
      if (isWhole) release();
      unsubscribe();
      if (!isWhole) this.#connection.close("closed");
    };
    return { status, headers, body: new ResponseBody({ reader: this.#reader, signal, failure: () => this.#failure(signal), onEnd }) };
  }

  #failure(signal: Signal): TransportError {
    const { end } = this.#connection;
    this.#connection.close("closed");
    return new TransportError(signal.aborted ? "aborted" : end === "reset" ? "reset" : "closed_early");
  }

  #send(frames: readonly Frame[], from = 0): void {
    for (let index = from; index < frames.length; index++) {
      const wait = this.#writer.write(frames[index]!);
      if (wait === undefined) continue;
      void wait.then(() => this.#send(frames, index + 1));
      return;
    }
  }
}

function framesOf({ method, headers, body }: TransportRequest, path: string): readonly Frame[] {
  const head: Frame = { kind: "head", head: { method, path, headers } };
  return body.length > 0 ? [head, { kind: "data", bytes: body }, end] : [head, end];
}

const end: Frame = { kind: "end" };

interface ResponseParts {
  readonly reader: FrameReader;
  readonly signal: Signal;
  readonly failure: () => TransportError;
  /** Called once, when it has been read to its end, or no more of it will be read. */
  readonly onEnd: (isWhole: boolean) => void;
}

/** The body of a response. An async generator would do the same, for three promises a chunk and not one. */
class ResponseBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #parts: ResponseParts;
  #isOver = false;
  /** The chunk that is waited for. */
  #pending: Promise<unknown> | null = null;

  constructor(parts: ResponseParts) {
    this.#parts = parts;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isOver) return Promise.resolve(done);
    const frame = this.#parts.reader.poll();
    if (frame === undefined) return this.#waitForNext();
    try {
      return Promise.resolve(this.#take(frame));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** It is not read any further, once the chunk that is waited for has come. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#pending?.catch(() => {});
    this.#finish(false);
    return done;
  }

  #waitForNext(): Promise<IteratorResult<Uint8Array, undefined>> {
    const next = this.#awaited();
    this.#pending = next;
    return next;
  }

  async #awaited(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { reader } = this.#parts;
    for (;;) {
      await reader.readable();
      const frame = reader.poll();
      if (frame === undefined) continue;
      this.#pending = null;
      return this.#take(frame);
    }
  }

  #take(frame: Frame | null): IteratorResult<Uint8Array, undefined> {
    if (frame === null || this.#parts.signal.aborted) {
      const failure = this.#parts.failure();
      this.#finish(false);
      throw failure;
    }
    if (frame.kind === "data") return { done: false, value: frame.bytes };
    this.#finish(true);
    return done;
  }

  #finish(isWhole: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.onEnd(isWhole);
  }
}

const done = { done: true, value: undefined } as const;
