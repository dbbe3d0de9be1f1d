import type { Socket } from "node:net";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { TransportError, type WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { partsOf, type Parts } from "../core/body.ts";
import { BrokenHead } from "../core/broken-head.ts";
import type { Simulator } from "../core/simulator.ts";
import { run, settled, type Work } from "../core/work.ts";
import { Burst } from "./burst.ts";
import { bodyBytesMax, RequestParser, type ParsedRequest } from "./request-parser.ts";

/** Longer than any client's pool keeps an idle connection, so that no request meets a close by chance. */
const idleMsMax = 300_000;
/** The limit of bytes read ahead from a client that pipelines requests. */
const aheadBytesMax = 256 * 1024;

/**
 * Serves one connection: reads its requests one after another and writes each response at the client's pace. A handler
 * that throws `TransportError` ends the connection: `reset` with RST, any other kind with FIN before the message is
 * complete. A client that disconnects cancels the signal. Any other error is a bug: the client receives 500, and
 * `onBug` is called.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #handler: Simulator["answer"];
  readonly #onBug: (error: unknown) => void;
  readonly #parser = new RequestParser();
  readonly #client = new Canceller();
  /** A request is being answered. */
  #busy = false;
  /** Requests served so far. */
  #served = 0;
  #refused = false;

  constructor(socket: Socket, handler: Simulator["answer"], onBug: (error: unknown) => void) {
    this.#socket = socket;
    this.#handler = handler;
    this.#onBug = onBug;
    socket.setNoDelay(true);
    socket.setTimeout(idleMsMax, () => {
      if (!this.#busy) socket.destroy();
    });
    socket.on("data", (data: Buffer) => this.#read(data));
    // "close" follows, which ends the exchange.
    socket.on("error", () => {});
    socket.once("end", () => this.#onClientGone());
    socket.once("close", () => this.#onClientGone());
  }

  #onClientGone(): void {
    this.#client.cancel("the client went away");
    this.#socket.end();
  }

  #read(data: Buffer): void {
    this.#parser.push(data);
    if (!this.#busy) this.#serve();
    else if (this.#parser.pending > aheadBytesMax) this.#socket.pause();
  }

  /** Answers the requests that have been read, one after another. */
  #serve(): void {
    while (!this.#busy && !this.#refused) {
      const parsed = this.#parser.next();
      if (parsed === "more") return;
      if (parsed === "continue") this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      else if (parsed === "malformed") this.#refuse(400, "This is not HTTP.\n");
      else if (parsed.body === null) this.#refuse(413, `The body is larger than ${bodyBytesMax} bytes.\n`);
      else {
        this.#busy = true;
        const exchange = run(this.#exchange(parsed, parsed.body));
        if (exchange instanceof Promise) void exchange.then(() => this.#serve());
      }
    }
  }

  /** Answers one request. Never throws. Stays busy after the last request of a connection. */
  *#exchange({ method, path, headers, keepAlive }: ParsedRequest, body: Buffer): Work<void> {
    const { signal } = this.#client;
    let burst: Burst | null = null;
    try {
      const response = yield* settled(this.#handler({ method, path, headers, body, onConnection: this.#served++ }, signal));
      if (signal.aborted) return discard(response);
      burst = new Burst(this.#socket, response, keepAlive);
      if (method === "HEAD") burst.flush();
      else yield* this.#relay(partsOf(response.body), burst);
    } catch (error) {
      burst?.flush();
      this.#fail(error, burst !== null);
      return;
    }
    if (signal.aborted) return;
    if (!keepAlive) this.#socket.end();
    else {
      this.#busy = false;
      if (this.#socket.isPaused()) this.#socket.resume();
    }
  }

  /** Parts without a wait between them are written at once. */
  *#relay(parts: Parts, burst: Burst): Work<void> {
    const { signal } = this.#client;
    for (const part of parts) {
      if (signal.aborted) return;
      if (!(part instanceof Uint8Array)) {
        burst.flush();
        yield part;
      } else if (!burst.write(part)) yield drained(this.#socket, signal);
    }
    burst.end();
  }

  #fail(error: unknown, begun: boolean): void {
    const socket = this.#socket;
    if (error instanceof TransportError) {
      if (socket.destroyed) return;
      if (error instanceof BrokenHead) socket.write(halfHead(error), () => socket.resetAndDestroy());
      else if (error.kind === "reset") socket.resetAndDestroy();
      else socket.destroySoon();
      return;
    }
    if (this.#client.signal.aborted) return;
    this.#onBug(error);
    if (begun) socket.destroy();
    else this.#refuse(500, "The simulator failed. See its log.\n");
  }

  /** The last response of a connection. */
  #refuse(status: number, text: string): void {
    this.#refused = true;
    const bytes = utf8Bytes(text);
    const burst = new Burst(this.#socket, { status, headers: { "content-type": "text/plain", "content-length": String(bytes.length) } }, false);
    burst.write(bytes);
    burst.end();
    this.#socket.end();
  }
}

/** Ends a body that nobody will read. */
function discard({ body }: WireResponse): void {
  partsOf(body).return();
}

/** Resolves when the socket has drained, or the client has disconnected. */
function drained(socket: Socket, signal: Signal): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = signal.onAbort(() => done());
    const done = () => {
      socket.off("drain", done);
      unsubscribe?.();
      resolve();
    };
    if (signal.aborted) resolve();
    else socket.once("drain", done);
  });
}

/** The status line and the headers, up to the middle of the last one. */
function halfHead({ status, headers }: BrokenHead): string {
  const lines = [`HTTP/1.1 ${status} OK`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join("\r\n");
  return lines.slice(0, lines.length - 5);
}
