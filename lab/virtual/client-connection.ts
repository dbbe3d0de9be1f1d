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
    void this.#send({ method: request.method, path, headers: request.headers }, request.body);
    const frame = await this.#reader.next();
    if (frame?.kind !== "head" || signal.aborted) {
      unsubscribe();
      throw this.#failure(signal);
    }
    const { status, headers } = frame.head as Pick<TransportResponse, "status" | "headers">;
    return { status, headers, body: this.#body(signal, unsubscribe, release) };
  }

  async *#body(signal: Signal, unsubscribe: () => void, release: () => void): AsyncGenerator<Uint8Array> {
    let isWhole = false;
    try {
      for (;;) {
        const polled = this.#reader.poll();
        const next = polled === undefined ? await this.#reader.next() : polled;
        if (next === null || signal.aborted) throw this.#failure(signal);
        if (next.kind === "end") break;
        if (next.kind === "data") yield next.bytes;
      }
      isWhole = true;
      release();
    } finally {
      unsubscribe();
      if (!isWhole) this.#connection.close("closed");
    }
  }

  #failure(signal: Signal): TransportError {
    const { end } = this.#connection;
    this.#connection.close("closed");
    return new TransportError(signal.aborted ? "aborted" : end === "reset" ? "reset" : "closed_early");
  }

  async #send(head: unknown, body: Uint8Array): Promise<void> {
    const frames: readonly Frame[] = [{ kind: "head", head }, ...(body.length > 0 ? [{ kind: "data" as const, bytes: body }] : []), { kind: "end" }];
    for (const frame of frames) {
      const wait = this.#writer.write(frame);
      if (wait !== undefined) await wait;
    }
  }
}
