import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../kernel/clock.ts";
import { liveClock } from "../../kernel/clock-live.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import { resolveListen } from "./address.ts";
import { answer, type ApiResponse } from "./api.ts";
import { Proxies } from "./proxies.ts";

/** More than any client sends. Toxiproxy has no limit. */
const bodyBytesMax = 1024 * 1024;

export interface NetworkOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Determines every toxicity and jitter, with the proxy's name and the ordinal of the connection. */
  readonly seed: number;
  /** Limit of a dial to an upstream, ms. */
  readonly dialTimeoutMs?: number;
  readonly clock?: Clock;
}

/** The embedded network proxy: a Toxiproxy-compatible control API, and the proxies that it creates. */
export interface NetworkServer extends AsyncDisposable {
  /** URL of the API: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Stops the API, every proxy and every connection. */
  close(): Promise<void>;
}

/** Rejects with the error of `listen` (EADDRINUSE), or with an ApiError for an address that is not loopback. */
export async function startNetwork(options: NetworkOptions): Promise<NetworkServer> {
  const { host, port } = await resolveListen(`${options.listen.host}:${options.listen.port}`);
  const proxies = new Proxies({ clock: options.clock ?? liveClock(), seed: options.seed, dialTimeoutMs: options.dialTimeoutMs ?? 5_000 });
  const server = createServer((request, response) => void serve(proxies, request, response));
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 15_000;
  await new Promise<void>((resolve, reject) => void server.once("error", reject).listen({ port, host, backlog: listenBacklog }, resolve));
  const close = async () => {
    await proxies.close();
    await closeServer(server);
  };
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, close, [Symbol.asyncDispose]: close };
}

async function serve(proxies: Proxies, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request);
    const path = decodePath(request.url ?? "/");
    if (body === null) write(response, { status: 413, headers: {}, body: "", routed: false });
    else if (path === null) write(response, { status: 400, headers: {}, body: "", routed: false });
    else {
      const { "user-agent": userAgent = "", "content-type": contentType, host, origin } = request.headers;
      write(response, await answer(proxies, { method: request.method ?? "", path, userAgent, host, origin, contentType, body }));
    }
  } catch {
    // The client disconnected while its body was read, so that there is nobody to answer.
    response.destroy();
  }
}

function write(response: ServerResponse, { status, headers, body, routed }: ApiResponse): void {
  if (routed) response.setHeader("x-toxiproxy-request-id", randomBytes(10).toString("hex"));
  if (status !== 204) response.setHeader("content-length", Buffer.byteLength(body));
  response.writeHead(status, headers).end(body);
}

/** Null when the body is too large. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyBytesMax) chunks.push(chunk);
  }
  return size > bodyBytesMax ? null : Buffer.concat(chunks).toString("utf8");
}

function decodePath(url: string): string | null {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/, ""));
  } catch {
    return null;
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
