import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Signal } from "../../kernel/signal.ts";
import { TransportError, type TransportResponse } from "../../kernel/transport.ts";
import { flatHeaders } from "./flat-headers.ts";
import { toTransportError } from "./transport-errors.ts";
import { turnEnd } from "./turn.ts";

/** Bytes that may wait unread. Above it the provider's socket is paused. */
const QUEUED_BYTES_MAX = 64 * 1024;

/**
 * One request and its answer on undici's dispatch interface. What arrived before a connection broke is delivered before
 * the error. After a cancel nothing more is delivered. A body that is closed early closes its connection, unless its
 * message was complete.
 */
export class Exchange implements Dispatcher.DispatchHandler, AsyncIterable<Uint8Array> {
  /** Settles with the head of the answer. */
  readonly response: Promise<TransportResponse>;
  readonly #head = Promise.withResolvers<TransportResponse>();
  readonly #unsubscribe: () => void;
  #controller: Dispatcher.DispatchController | null = null;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #state: "open" | "complete" | TransportError = "open";
  #wake: () => void = () => {};

  constructor(signal: Signal) {
    this.response = this.#head.promise;
    this.#unsubscribe = signal.onAbort(() => this.#abort(new TransportError("aborted")));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state instanceof TransportError) controller.abort(this.#state);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#head.resolve({ status, headers: flatHeaders(headers), body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > QUEUED_BYTES_MAX) controller.pause();
    this.#wake();
  }

  onResponseEnd(): void {
    this.#settle("complete");
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#settle(toTransportError(error));
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.#abort(new TransportError("aborted", "left early"));
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      if (this.#chunks.length > 0) return { done: false, value: this.#takeAll() };
      if (this.#state instanceof TransportError) throw this.#state;
      if (this.#state === "complete") return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
      await turnEnd();
    }
  }

  /** One read of the socket arrives in as many pieces as the provider wrote. They are joined. */
  #takeAll(): Uint8Array {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#queuedBytes);
    this.#chunks = [];
    this.#queuedBytes = 0;
    if (this.#state === "open" && this.#controller?.paused === true) this.#controller.resume();
    return all;
  }

  #settle(state: "complete" | TransportError): void {
    if (this.#state !== "open") return;
    this.#state = state;
    this.#unsubscribe();
    if (state !== "complete") this.#head.reject(state);
    this.#wake();
  }

  /** Aborts from this side. */
  #abort(error: TransportError): void {
    this.#chunks = [];
    this.#queuedBytes = 0;
    if (this.#state !== "open") return;
    this.#settle(error);
    this.#controller?.abort(error);
  }
}
