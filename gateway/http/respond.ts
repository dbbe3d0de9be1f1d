import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import { TransportError, type Handler, type WireRequest, type WireResponse } from "../../kernel/transport.ts";

/** Told of a throw that is a bug: anything but `TransportError`. */
export type OnBug = (error: unknown) => void;

export interface ResponseOptions {
  readonly onBug: OnBug;
  /** What the client gets with its 500 where there was a bug, as JSON. */
  readonly body: () => string;
  /** A client that takes nothing of what waits for it for so long counts as gone: it would hold its place, and what waits, for ever. */
  readonly stalledMs: number;
}

/**
 * Answers one request by `handler`, chunk by chunk as the client takes it. The handler's signal is cancelled when the client goes away.
 * A `TransportError` breaks the connection as it says; any other throw is a bug: 500, or a cut where the answer has begun.
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
  /** What the client has not taken yet; once it has, the server sets the time for which an idle connection is kept. */
  if (response.writableLength > 0) response.socket?.setTimeout(stalledMs);
}

/** Head and body in one write. */
function sendWhole({ status, headers }: WireResponse, text: string, response: ServerResponse): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** The client has taken what was written, or has gone. The socket's timeout closes it, and begins anew with each part that is taken. */
async function drained(response: ServerResponse, stalledMs: number): Promise<void> {
  if (response.destroyed) return;
  response.socket?.setTimeout(stalledMs);
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]).finally(() => either.abort());
  response.socket?.setTimeout(0);
}

/** RST for `reset`, for all else FIN before the message is complete. */
function breakOff(error: TransportError, response: ServerResponse): void {
  if (error.kind === "reset") response.socket?.resetAndDestroy();
  else cut(response);
}

/** Closes the connection without the end of the message; what was written before goes out. */
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
