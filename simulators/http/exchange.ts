import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Headers, WireRequest, WireResponse } from "../../kernel/transport.ts";
import { BrokenHead } from "../core/broken-head.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { TransportError, type Handler } from "../../kernel/transport.ts";
import { Burst } from "./burst.ts";

const bodyBytesMax = 10 * 2 ** 20;

/** Requests that a connection has brought so far. */
const served = new WeakMap<Socket, number>();

/**
 * One HTTP exchange with a `Handler`: reads the request, writes the response chunk by chunk as the client takes it, and ends the connection as
 * the handler says: `reset` is RST, any other `TransportError` is FIN before the message is complete. A client that leaves cancels the
 * signal. Never rejects: any other throw is a bug, which is a 500 and goes to `onBug`.
 */
export async function exchange(
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onBug: (error: unknown) => void,
): Promise<void> {
  const canceller = new Canceller();
  const onConnection = served.get(incoming.socket) ?? 0;
  served.set(incoming.socket, onConnection + 1);
  outgoing.once("close", () => canceller.cancel("the client went away"));
  try {
    const request = await readRequest(incoming, onConnection, canceller.signal);
    if (request === null) return refuseBody(outgoing);
    await writeResponse(outgoing, await handler(request, canceller.signal), canceller.signal);
  } catch (error) {
    if (error instanceof TransportError) breakConnection(outgoing, error);
    else if (!canceller.signal.aborted) {
      onBug(error);
      failPlainly(outgoing);
    }
  }
}

/**
 * Null: the body is too large (it is read all the same, so that the refusal arrives). Rejects with `TransportError` when the client leaves before
 * its end. Listeners, and not an async iterator of the stream: that would cost as much as the rest of the exchange.
 */
function readRequest(incoming: IncomingMessage, onConnection: number, gone: Signal): Promise<WireRequest | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const unsubscribe = gone.onAbort(() => reject(new TransportError("aborted", "the client went away")));
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
    });
    incoming.once("end", () => {
      unsubscribe();
      if (bytes > bodyBytesMax) return resolve(null);
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      resolve({ method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: flatten(incoming.headers), body, onConnection });
    });
    incoming.on("error", ignore);
  });
}

/** A request that breaks off is told by the response's `close`. */
const ignore = () => {};

function flatten(headers: IncomingMessage["headers"]): Headers {
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ");
  }
  return flat;
}

async function writeResponse(outgoing: ServerResponse, response: WireResponse, signal: Signal): Promise<void> {
  outgoing.writeHead(response.status, response.headers);
  const burst = new Burst(outgoing);
  try {
    for await (const chunk of response.body) {
      if (signal.aborted) return;
      if (!burst.write(chunk)) await drained(outgoing, signal);
    }
  } catch (error) {
    burst.flush();
    throw error;
  }
  if (!signal.aborted) burst.end();
}

/** Resolves when the client has made room, or has left. */
function drained(outgoing: ServerResponse, signal: Signal): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = signal.onAbort(() => done());
    const done = () => {
      outgoing.off("drain", done);
      unsubscribe?.();
      resolve();
    };
    if (signal.aborted) resolve();
    else outgoing.once("drain", done);
  });
}

function breakConnection(outgoing: ServerResponse, error: TransportError): void {
  const socket = outgoing.socket;
  if (socket === null || socket.destroyed) return;
  if (error instanceof BrokenHead) socket.write(halfHead(error), () => socket.resetAndDestroy());
  else if (error.kind === "reset") socket.resetAndDestroy();
  else socket.destroySoon();
}

/** The status line and the header lines up to the middle of the last one. */
function halfHead({ status, headers }: BrokenHead): string {
  const lines = [`HTTP/1.1 ${status} OK`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join("\r\n");
  return lines.slice(0, lines.length - 5);
}

function refuseBody(outgoing: ServerResponse): void {
  outgoing.writeHead(413, { "content-type": "text/plain", connection: "close" });
  outgoing.end(`The body is larger than ${bodyBytesMax} bytes.\n`);
}

function failPlainly(outgoing: ServerResponse): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(500, { "content-type": "text/plain" });
  outgoing.end("The simulator failed; its log says why.\n");
}
