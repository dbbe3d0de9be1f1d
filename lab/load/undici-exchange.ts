import type { Dispatcher } from "undici";
import type { Signal } from "../../kernel/signal.ts";
import { TransportError, type Headers, type TransportFailure, type TransportResponse } from "../../kernel/transport.ts";

/** Bytes that have come and are not read yet. Beyond it the connection is paused, so that the server has to wait. */
const queuedBytesMax = 2 ** 16;

/**
 * undici's handler of one request, which becomes a `TransportResponse`. `response` rejects with `TransportError` only.
 * Cancelling the signal rejects at once in every phase. When a connection breaks, the bytes that came before are read
 * first.
 */
export class UndiciExchange implements Dispatcher.DispatchHandler {
  readonly response: Promise<TransportResponse>;
  readonly #response = Promise.withResolvers<TransportResponse>();
  readonly #signal: Signal;
  readonly #detach: () => void;
  #controller: Dispatcher.DispatchController | null = null;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #end: "open" | "complete" | TransportError = "open";
  #wake = () => {};

  constructor(signal: Signal) {
    this.#signal = signal;
    this.response = this.#response.promise;
    this.#detach = signal.onAbort(() => this.#finish(new TransportError("aborted", String(signal.reason))));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#end !== "open") controller.abort(new Error("left before the connection was there"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status >= 200) this.#response.resolve({ status, headers: plainHeaders(headers), body: this.#body() });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > queuedBytesMax) controller.pause();
    this.#wake();
  }

  onResponseEnd(): void {
    this.#finish("complete");
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#finish(transportError(error));
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined && !this.#signal.aborted) {
          this.#taken(chunk);
          yield chunk;
        } else if (this.#end instanceof TransportError) throw this.#end;
        else if (this.#end === "complete") return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      // A reader that leaves early closes the connection.
      this.#finish(new TransportError("aborted"));
    }
  }

  #taken(chunk: Uint8Array): void {
    this.#queuedBytes -= chunk.length;
    if (this.#queuedBytes === 0 && this.#controller?.paused === true) this.#controller.resume();
  }

  #finish(end: "complete" | TransportError): void {
    if (this.#end !== "open") return;
    this.#end = end;
    this.#detach();
    if (end !== "complete") {
      this.#response.reject(end);
      if (end.kind === "aborted") this.#controller?.abort(end);
    }
    this.#wake();
  }
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

const plainHeaders = (headers: RawHeaders): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(joints[name] ?? ", ") : (value ?? "")]));

/**
 * Cookies cannot be joined by a comma (RFC 9110, 5.3). No value contains a line end, so that the relay's server can
 * split them again.
 */
const joints: Readonly<Record<string, string>> = { "set-cookie": "\n" };

/** By the codes of Node and undici. Any other code is `closed_early`. */
const failures: Readonly<Record<string, TransportFailure>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  ETIMEDOUT: "connect_timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
};

function transportError(error: Error): TransportError {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new TransportError(failures[code] ?? "closed_early", `${code} ${message}`, { cause: error });
}
