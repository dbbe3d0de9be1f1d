import { listenBacklog } from "../../kernel/listen.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { TransportError, type Handler, type Headers, type WireRequest } from "../../kernel/transport.ts";
import { joined } from "../../kernel/utf8.ts";
import { Body } from "../../simulators/core/body.ts";
import type { Connection } from "../../simulators/network/toxics/connection.ts";
import type { FramedConnection } from "./client-connection.ts";
import { FrameReader, FrameWriter } from "./frames.ts";
import type { VirtualProcess } from "./process.ts";

/** Called with the link by which a request came, and its headers. */
export type OnRequest = (link: string, headers: Headers) => void;

/** A process that serves at an origin. */
export class VirtualListener {
  readonly process: VirtualProcess;
  readonly #handler: Handler;
  readonly #onRequest: OnRequest;
  readonly #idle = new Set<Connection>();
  #isOpen = true;
  /** Connections that the kernel has taken for a process that is paused. */
  readonly #queued = new Set<Connection>();
  #serving = 0;
  #whenQuiet: (() => void)[] = [];

  /** `onRequest`: a request has come, by a link. */
  constructor({ process, handler, onRequest }: { process: VirtualProcess; handler: Handler; onRequest: OnRequest }) {
    this.process = process;
    this.#handler = handler;
    this.#onRequest = onRequest;
  }

  /** False: connections to it are refused. */
  get isOpen(): boolean {
    return this.#isOpen && !this.process.ended;
  }

  /** False while it is paused and as many wait as the system holds: then nothing answers a connection attempt. */
  get hasRoom(): boolean {
    return !this.process.paused || this.#queued.size < listenBacklog;
  }

  /** Takes no more connections, and closes those that nobody uses. Resolves when the others are done. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const connection of this.#idle) connection.close("closed");
    await this.quiet();
  }

  /** Resolves when no request is under way. It goes on to take others. */
  async quiet(): Promise<void> {
    if (this.#serving > 0) await new Promise<void>((resolve) => this.#whenQuiet.push(resolve));
  }

  /** Serves the connection in its process; `link`: by which it came, if any. Rejects for a bug of the handler. */
  async serve({ connection, upstream, downstream }: FramedConnection, link: string | null): Promise<void> {
    this.process.hold(connection);
    if (this.process.paused) await this.#queue(connection);
    const reader = new FrameReader(upstream, this.process);
    const writer = new FrameWriter(downstream, this.process);
    const gone = new Canceller();
    connection.onEnd((end) => this.process.enter(() => gone.cancel(end)));
    for (let onConnection = 0; this.#isOpen; onConnection++) {
      this.#idle.add(connection);
      const request = await readRequest(reader, { onConnection, ...(link !== null && { link }) });
      this.#idle.delete(connection);
      if (request === null) break;
      if (link !== null) this.#onRequest(link, request.headers);
      this.#serving++;
      const isWhole = await this.#answer(request, { connection, writer, gone });
      this.#serving--;
      if (this.#serving === 0) for (const wake of this.#whenQuiet.splice(0)) wake();
      if (!isWhole) break;
    }
    writer.end();
  }

  async #queue(connection: Connection): Promise<void> {
    this.#queued.add(connection);
    connection.onEnd(() => void this.#queued.delete(connection));
    await this.process.resumed();
    this.#queued.delete(connection);
  }

  /** False: the handler broke the connection, or its client has left. */
  async #answer(request: WireRequest, { connection, writer, gone }: { connection: Connection; writer: FrameWriter; gone: Canceller }): Promise<boolean> {
    try {
      const { status, headers, body } = await this.#handler(request, gone.signal);
      const begun = writer.write({ kind: "head", head: { status, headers } });
      if (begun !== undefined) await begun;
      if (body instanceof Body) await relayParts(body, writer, gone.signal);
      else await relayChunks(body, writer, gone.signal);
      const ended = writer.write({ kind: "end" });
      if (ended !== undefined) await ended;
      return true;
    } catch (error) {
      if (!(error instanceof TransportError) && !gone.signal.aborted) throw error;
      if (error instanceof TransportError && error.kind === "reset") connection.close("reset");
      return false;
    }
  }
}

/** A simulator's body without the promises that its async iterator takes for each part. */
async function relayParts(body: Body, writer: FrameWriter, gone: Signal): Promise<void> {
  for (const part of body.parts) {
    if (!(part instanceof Uint8Array)) {
      await part;
      continue;
    }
    if (gone.aborted) break;
    const wait = writer.write({ kind: "data", bytes: part });
    if (wait !== undefined) await wait;
  }
}

async function relayChunks(body: AsyncIterable<Uint8Array>, writer: FrameWriter, gone: Signal): Promise<void> {
  for await (const bytes of body) {
    if (gone.aborted) break;
    const wait = writer.write({ kind: "data", bytes });
    if (wait !== undefined) await wait;
  }
}

/**
 * `place`: which request of its connection it is, and by which link that came. Null: the direction has ended before a
 * whole request.
 */
async function readRequest(reader: FrameReader, place: Pick<WireRequest, "onConnection" | "link">): Promise<WireRequest | null> {
  let head: Omit<WireRequest, "body"> | null = null;
  const chunks: Uint8Array[] = [];
  for (;;) {
    const frame = reader.poll();
    if (frame === undefined) await reader.readable();
    else if (frame === null) return null;
    else if (frame.kind === "data") chunks.push(frame.bytes);
    else if (frame.kind === "head") head = frame.head as Omit<WireRequest, "body">;
    else if (head === null) return null;
    else return { ...head, body: chunks.length === 1 ? chunks[0]! : joined(chunks), ...place };
  }
}
