import { listenBacklog } from "../../kernel/listen.ts";
import { Canceller } from "../../kernel/signal.ts";
import { TransportError, type Handler, type WireRequest } from "../../kernel/transport.ts";
import type { Connection } from "../../simulators/network/toxics/connection.ts";
import type { FramedConnection } from "./client-connection.ts";
import { FrameReader, FrameWriter } from "./frames.ts";
import type { VirtualProcess } from "./process.ts";

/** A process that serves at an origin. */
export class VirtualListener {
  readonly process: VirtualProcess;
  readonly #handler: Handler;
  readonly #idle = new Set<Connection>();
  #isOpen = true;
  /** Connections that the kernel has taken for a process that is paused. */
  readonly #queued = new Set<Connection>();
  #serving = 0;
  #whenQuiet: (() => void)[] = [];

  constructor(process: VirtualProcess, handler: Handler) {
    this.process = process;
    this.#handler = handler;
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
      const request = await readRequest(reader);
      this.#idle.delete(connection);
      if (request === null) break;
      this.#serving++;
      const isWhole = await this.#answer({ ...request, onConnection, ...(link !== null && { link }) }, { connection, writer, gone });
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
      await writer.write({ kind: "head", head: { status, headers } });
      for await (const bytes of body) {
        if (gone.signal.aborted) break;
        const wait = writer.write({ kind: "data", bytes });
        if (wait !== undefined) await wait;
      }
      await writer.write({ kind: "end" });
      return true;
    } catch (error) {
      if (!(error instanceof TransportError) && !gone.signal.aborted) throw error;
      if (error instanceof TransportError && error.kind === "reset") connection.close("reset");
      return false;
    }
  }
}

async function readRequest(reader: FrameReader): Promise<WireRequest | null> {
  const head = await reader.next();
  if (head?.kind !== "head") return null;
  const chunks: Uint8Array[] = [];
  for (;;) {
    const polled = reader.poll();
    const frame = polled === undefined ? await reader.next() : polled;
    if (frame === null) return null;
    if (frame.kind === "end") break;
    if (frame.kind === "data") chunks.push(frame.bytes);
  }
  const body = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return { ...(head.head as Omit<WireRequest, "body">), body };
}
