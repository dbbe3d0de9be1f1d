import type { Socket } from "node:net";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { TransportError, type Handler, type WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { BrokenHead } from "../core/broken-head.ts";
import { Burst } from "./burst.ts";
import { bodyBytesMax, RequestParser, type ParsedRequest } from "./request-parser.ts";

/** An idle connection is kept longer than any client's pool keeps it, so that no request meets a close by chance. */
const idleMsMax = 300_000;
/** A client that sends requests ahead of their answers is read no further than this. */
const aheadBytesMax = 256 * 1024;

/**
 * Serves one connection: reads its requests one after another, writes each response as the client takes it, and ends the connection as the handler
 * says: `reset` is RST, any other `TransportError` is FIN before the message is complete. A client that leaves cancels the signal. Any other
 * throw is a bug, which is a 500 and goes to `onBug`.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #handler: Handler;
  readonly #onBug: (error: unknown) => void;
  readonly #parser = new RequestParser();
  #canceller: Canceller | null = null;
  /** Requests that it has brought so far. */
  #served = 0;
  #refused = false;

  constructor(socket: Socket, handler: Handler, onBug: (error: unknown) => void) {
    this.#socket = socket;
    this.#handler = handler;
    this.#onBug = onBug;
    socket.setNoDelay(true);
    socket.setTimeout(idleMsMax, () => {
      if (this.#canceller === null) socket.destroy();
    });
    socket.on("data", (data: Buffer) => this.#read(data));
    socket.on("error", () => {});
    socket.once("end", () => this.#left());
    socket.once("close", () => this.#left());
  }

  #left(): void {
    this.#canceller?.cancel("the client went away");
    this.#socket.end();
  }

  #read(data: Buffer): void {
    if (this.#refused) return;
    this.#parser.push(data);
    if (this.#canceller === null) this.#next();
    else if (this.#parser.pending > aheadBytesMax) this.#socket.pause();
  }

  #next(): void {
    const parsed = this.#parser.next();
    if (parsed === "more") return;
    if (parsed === "continue") {
      this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      return;
    }
    if (parsed === "malformed") this.#refuse(400, "This is not HTTP.\n");
    else if (parsed.body === null) this.#refuse(413, `The body is larger than ${bodyBytesMax} bytes.\n`);
    else void this.#exchange(parsed, parsed.body);
  }

  /** Answers one request; never rejects. */
  async #exchange({ method, path, headers, keepAlive }: ParsedRequest, body: Buffer): Promise<void> {
    const canceller = new Canceller();
    const { signal } = canceller;
    this.#canceller = canceller;
    const state = { begun: false };
    try {
      const response = await this.#handler({ method, path, headers, body, onConnection: this.#served++ }, signal);
      if (signal.aborted) return await discard(response);
      state.begun = true;
      await this.#respond(response, { keepAlive, withBody: method !== "HEAD" }, signal);
    } catch (error) {
      this.#fail(error, signal, state.begun);
      return;
    }
    if (signal.aborted) return;
    this.#canceller = null;
    if (!keepAlive) this.#socket.end();
    else {
      if (this.#socket.isPaused()) this.#socket.resume();
      if (this.#parser.pending > 0) this.#next();
    }
  }

  async #respond(response: WireResponse, how: { readonly keepAlive: boolean; readonly withBody: boolean }, signal: Signal): Promise<void> {
    const burst = new Burst(this.#socket, { ...response, keepAlive: how.keepAlive });
    if (!how.withBody) return;
    try {
      for await (const chunk of response.body) {
        if (signal.aborted) return;
        if (!burst.write(chunk)) await drained(this.#socket, signal);
      }
    } catch (error) {
      burst.flush();
      throw error;
    }
    burst.end();
  }

  #fail(error: unknown, signal: Signal, begun: boolean): void {
    const socket = this.#socket;
    if (error instanceof TransportError) {
      if (socket.destroyed) return;
      if (error instanceof BrokenHead) socket.write(halfHead(error), () => socket.resetAndDestroy());
      else if (error.kind === "reset") socket.resetAndDestroy();
      else socket.destroySoon();
      return;
    }
    if (signal.aborted) return;
    this.#onBug(error);
    if (begun) socket.destroy();
    else this.#refuse(500, "The simulator failed; its log says why.\n");
  }

  /** The last response of a connection. */
  #refuse(status: number, text: string): void {
    this.#refused = true;
    const bytes = utf8Bytes(text);
    const burst = new Burst(this.#socket, { status, headers: { "content-type": "text/plain", "content-length": String(bytes.length) }, keepAlive: false });
    burst.write(bytes);
    burst.end();
    this.#socket.end();
  }
}

/** Lets a body that nobody will read see that it is left. */
async function discard({ body }: WireResponse): Promise<void> {
  await body[Symbol.asyncIterator]().return?.();
}

/** Resolves when the client has made room, or has left. */
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

/** The status line and the header lines up to the middle of the last one. */
function halfHead({ status, headers }: BrokenHead): string {
  const lines = [`HTTP/1.1 ${status} OK`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join("\r\n");
  return lines.slice(0, lines.length - 5);
}
