import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { LabError } from "../../../kernel/errors.ts";
import { foreignRequest } from "../../../kernel/foreign-request.ts";
import { listenBacklog } from "../../../kernel/listen.ts";
import { Canceller, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Handler, type Headers, type WireResponse } from "../../../kernel/transport.ts";

export interface RelayServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}

const bodyBytesMax = 64 * 2 ** 20;

/**
 * Serves the relay's core on loopback over HTTP/1.1. Idle connections stay open. `onBug` is called with anything but a
 * `TransportError` that the core throws. Rejects with LabError `port_in_use`, `listen_failed`.
 */
export async function serveRelay(handle: Handler, { host, port, onBug }: { host: string; port: number; onBug: (error: unknown) => void }): Promise<RelayServer> {
  const server = createServer((incoming, outgoing) => void respond(incoming, outgoing, handle).catch(onBug));
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen({ host, port, backlog: listenBacklog }, resolve);
  });
  server.on("error", onBug);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
}

async function respond(incoming: IncomingMessage, outgoing: ServerResponse, handle: Handler): Promise<void> {
  const { host, origin } = incoming.headers;
  // The bodies are the clients'; what a page in a browser must not reach by it are the system's own paths.
  const foreign = foreignRequest({ host, origin, contentType: undefined, hasBody: false });
  if (foreign !== null) return void incoming.resume().once("end", () => outgoing.writeHead(foreign.status).end(foreign.message));
  const canceller = new Canceller();
  outgoing.once("close", () => canceller.cancel("the client left"));
  outgoing.on("error", () => canceller.cancel("the client left"));
  const body = await readBody(incoming);
  if (body === "cut") return;
  if (body === "too_long") return void outgoing.writeHead(413, { connection: "close" }).end(`The relay forwards bodies of up to ${bodyBytesMax} bytes`);
  try {
    const request = { method: incoming.method ?? "GET", path: incoming.url ?? "/", headers: flatHeaders(incoming.headers), body };
    await pass(await handle(request, canceller.signal), outgoing, canceller.signal);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    breakOff(outgoing, error);
  }
}

/**
 * Writes the head at once and each chunk as it comes, and waits while the client does not read them. All that one turn
 * of the event loop brings is written at once: a head and a first token that came together leave together.
 */
async function pass({ status, headers, body }: WireResponse, outgoing: ServerResponse, client: Signal): Promise<void> {
  outgoing.sendDate = false;
  outgoing.writeHead(status, nodeHeaders(headers));
  corkForThisTurn(outgoing.socket);
  outgoing.flushHeaders();
  for await (const chunk of body) {
    if (client.aborted) return;
    if (!outgoing.write(chunk)) await drained(outgoing, client);
  }
  outgoing.end();
}

function corkForThisTurn(socket: Socket | null): void {
  socket?.cork();
  setImmediate(() => socket?.uncork());
}

function drained(outgoing: ServerResponse, client: Signal): Promise<void> {
  return new Promise((resolve) => {
    let unsubscribe = () => {};
    const done = () => {
      unsubscribe();
      outgoing.off("drain", done);
      resolve();
    };
    outgoing.once("drain", done);
    unsubscribe = client.onAbort(done);
  });
}

/** Bytes that came before the break reach the client first. */
function breakOff(outgoing: ServerResponse, { kind }: TransportError): void {
  setImmediate(() => (kind === "closed_early" ? outgoing.socket?.destroySoon() : outgoing.socket?.resetAndDestroy()));
}

function readBody(incoming: IncomingMessage): Promise<Uint8Array | "cut" | "too_long"> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) resolve("too_long");
      else chunks.push(chunk);
    });
    incoming.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    // The client left before its request was whole.
    incoming.once("error", () => resolve("cut"));
    incoming.once("close", () => resolve("cut"));
  });
}

const flatHeaders = (headers: IncomingMessage["headers"]): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]));

/** Cookies were joined by line ends (lab/load/undici-exchange.ts). */
const nodeHeaders = (headers: Headers): Record<string, string | string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, name === "set-cookie" ? value.split("\n") : value]));

function listenError(cause: NodeJS.ErrnoException, port: number): LabError {
  const inUse = cause.code === "EADDRINUSE";
  return new LabError({
    exit: "failed",
    code: inUse ? "port_in_use" : "listen_failed",
    message: `The relay cannot listen on port ${port}: ${inUse ? "the port is in use" : cause.message}`,
    hint: "Name another port in its config, or port 0 for a free one",
    cause,
  });
}
