import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import { TransportError, type Handler, type WireRequest, type WireResponse } from "../../kernel/transport.ts";

/** Called with a throw that is a bug: anything but `TransportError`. */
export type OnBug = (error: unknown) => void;

export interface ResponseOptions {
  readonly onBug: OnBug;
  /** The JSON body of the 500 after a bug. */
  readonly body: () => string;
  /**
   * A client that reads nothing for so long counts as gone: otherwise it would hold its connection and its memory for
   * ever.
   */
  readonly stalledMs: number;
}

/**
 * Answers one request by `handler`, chunk by chunk as the client reads. The handler's signal is cancelled when the
 * client goes away. A `TransportError` breaks the connection accordingly. Any other throw is a bug: 500, or a cut where
 * the answer has begun.
 */
export async function respond(handler: Handler, request: WireRequest, response: ServerResponse, options: ResponseOptions): Promise<void> {
  using client = new Canceller();
  const gone = () => {
    if (!response.writableFinished) client.cancel("client_gone");
  };
  response.once("close", gone);
  if (response.destroyed) gone();
  try {
    await write(await handler(request, client.signal), response, { signal: client.signal, stalledMs: options.stalledMs });
  } catch (error) {
    if (client.signal.aborted) response.destroy();
    else if (error instanceof TransportError) breakOff(error, response);
    else {
      options.onBug(error);
      fail(response, options);
    }
  }
}

async function write(answer: WireResponse, response: ServerResponse, { signal, stalledMs }: { signal: Signal; stalledMs: number }): Promise<void> {
  if (answer.body instanceof WholeBody) sendWhole(answer, answer.body.text, response);
  else {
    response.writeHead(answer.status, answer.headers);
    for await (const chunk of answer.body) {
      if (signal.aborted) return;
      if (chunk.length > 0 && !response.write(chunk)) await drained(response, stalledMs);
    }
    response.end();
  }
  /** What the client has not read yet. After that the server's own keep-alive timeout applies. */
  if (response.writableLength > 0) response.socket?.setTimeout(stalledMs);
}

/** Head and body in one write. */
function sendWhole({ status, headers }: WireResponse, text: string, response: ServerResponse): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/**
 * Waits until the client has read what was written, or is gone. The socket's timeout closes it, and restarts with each
 * part that is read.
 */
async function drained(response: ServerResponse, stalledMs: number): Promise<void> {
  if (response.destroyed) return;
  response.socket?.setTimeout(stalledMs);
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]).finally(() => either.abort());
  response.socket?.setTimeout(0);
}

/** RST for `reset`. For all else, FIN before the message is complete. */
function breakOff(error: TransportError, response: ServerResponse): void {
  if (error.kind === "reset") response.socket?.resetAndDestroy();
  else cut(response);
}

/** Closes the connection without ending the message. What was written before is still sent. */
function cut(response: ServerResponse): void {
  response.socket?.destroySoon();
}

function fail(response: ServerResponse, { body }: ResponseOptions): void {
  if (response.headersSent) {
    cut(response);
    return;
  }
  response.writeHead(500, { "content-type": "application/json" });
  response.end(body());
}
