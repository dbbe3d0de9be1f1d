import type { Clock } from "../../kernel/clock.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import { TransportError, type Handler, type Transport, type TransportRequest, type TransportResponse, type WireRequest } from "../../kernel/transport.ts";
import { openConnection, type Connection } from "../../simulators/network/toxics/connection.ts";
import { ToxicSet } from "../../simulators/network/toxics/toxic-set.ts";
import { encodeFrame, FrameReader } from "./frames.ts";

/** One loopback round trip to set a connection up. */
const connectMs = 0.1;

/** A hop that toxics can sit on: clients reach `upstream` through `origin`. */
export interface VirtualLink {
  readonly toxics: ToxicSet;
  /** Down: new connections are refused and live ones closed. */
  setEnabled(enabled: boolean): void;
}

interface Endpoint {
  readonly proxy: string;
  readonly handler: () => Handler;
  readonly toxics: ToxicSet;
  enabled: boolean;
  ordinal: number;
  readonly open: Set<Connection>;
}

/**
 * An in-memory network of connections that carry bytes: toxicity is per connection, so connections, pools and keep-alive are modelled, and
 * the toxics are the same code as in the embedded proxy. Servers never close an idle connection.
 */
export class VirtualNetwork {
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(options: { clock: Clock; seed: number }) {
    this.#clock = options.clock;
    this.#seed = options.seed;
  }

  /** `origin` is `http://host:port`. */
  serve(origin: string, handler: Handler): void {
    this.#add(origin, origin, () => handler);
  }

  link({ id, origin, upstream }: { id: string; origin: string; upstream: string }): VirtualLink {
    const endpoint = this.#add(origin, id, () => {
      const handle = this.#endpoint(upstream).handler();
      return (request, signal) => handle({ ...request, link: id }, signal);
    });
    return {
      toxics: endpoint.toxics,
      setEnabled: (enabled) => {
        endpoint.enabled = enabled;
        if (!enabled) for (const connection of endpoint.open) connection.close("closed");
      },
    };
  }

  /** One client process's way out, with its own pool of connections. */
  transport(): Transport {
    const idle = new Map<string, ClientConnection[]>();
    return {
      open: async (request, signal) => {
        const url = /^(https?:\/\/[^/]+)(.*)$/.exec(request.url);
        if (url === null) throw new TransportError("dns", request.url);
        const origin = url[1]!;
        const pool = idle.get(origin) ?? [];
        idle.set(origin, pool);
        const connection = popLive(pool) ?? (await this.#connect(origin, signal));
        return exchange(connection, { request, path: url[2] || "/", signal, release: () => pool.push(connection) });
      },
    };
  }

  #add(origin: string, proxy: string, handler: () => Handler): Endpoint {
    const endpoint: Endpoint = { proxy, handler, toxics: new ToxicSet(), enabled: true, ordinal: 0, open: new Set() };
    this.#endpoints.set(origin, endpoint);
    return endpoint;
  }

  #endpoint(origin: string): Endpoint {
    const endpoint = this.#endpoints.get(origin);
    if (endpoint === undefined || !endpoint.enabled) throw new TransportError("refused", origin);
    return endpoint;
  }

  async #connect(origin: string, signal: Signal): Promise<ClientConnection> {
    await this.#clock.sleep(connectMs, signal).catch(() => {
      throw new TransportError("aborted");
    });
    const endpoint = this.#endpoint(origin);
    const connection = openConnection({ clock: this.#clock, seed: this.#seed, proxy: endpoint.proxy, ordinal: endpoint.ordinal++, toxics: endpoint.toxics });
    endpoint.open.add(connection);
    connection.onEnd(() => void endpoint.open.delete(connection));
    void serveConnection(connection, endpoint.handler);
    return { connection, reader: new FrameReader(connection.downstream.output) };
  }
}

interface ClientConnection {
  readonly connection: Connection;
  readonly reader: FrameReader;
}

function popLive(pool: ClientConnection[]): ClientConnection | undefined {
  for (let candidate = pool.pop(); candidate !== undefined; candidate = pool.pop()) {
    if (candidate.connection.end === null && candidate.connection.downstream.ending === null) return candidate;
  }
  return undefined;
}

interface Exchange {
  readonly request: TransportRequest;
  readonly path: string;
  readonly signal: Signal;
  /** Gives the connection back for the next exchange. */
  readonly release: () => void;
}

/** The client's side of one request and its response. */
async function exchange({ connection, reader }: ClientConnection, { request, path, signal, release }: Exchange): Promise<TransportResponse> {
  const unsubscribe = signal.onAbort(() => connection.close("closed"));
  const failed = () => {
    unsubscribe();
    const end = connection.end;
    connection.close("closed");
    return new TransportError(signal.aborted ? "aborted" : end === "reset" ? "reset" : "closed_early");
  };
  void sendMessage(connection.upstream, { method: request.method, path, headers: request.headers }, request.body);
  const frame = await reader.next();
  if (frame?.kind !== "head" || signal.aborted) throw failed();
  const { status, headers } = frame.head as Pick<TransportResponse, "status" | "headers">;
  async function* body(): AsyncGenerator<Uint8Array> {
    let whole = false;
    try {
      for (;;) {
        const next = await reader.next();
        if (next === null || signal.aborted) throw failed();
        if (next.kind === "end") break;
        if (next.kind === "data") yield next.bytes;
      }
      whole = true;
      release();
    } finally {
      unsubscribe();
      if (!whole) connection.close("closed");
    }
  }
  return { status, headers, body: body() };
}

async function sendMessage(link: Connection["upstream"], head: unknown, body: Uint8Array): Promise<void> {
  await link.write(encodeFrame({ kind: "head", head }));
  if (body.length > 0) await link.write(encodeFrame({ kind: "data", bytes: body }));
  await link.write(encodeFrame({ kind: "end" }));
}

/** The server's side of a connection: one request after another until it ends. */
async function serveConnection(connection: Connection, handler: () => Handler): Promise<void> {
  const reader = new FrameReader(connection.upstream.output);
  const gone = new Canceller();
  connection.onEnd((end) => gone.cancel(end));
  for (let onConnection = 0; ; onConnection++) {
    const request = await readRequest(reader);
    if (request === null) break;
    try {
      const response = await handler()({ ...request, onConnection }, gone.signal);
      await connection.downstream.write(encodeFrame({ kind: "head", head: { status: response.status, headers: response.headers } }));
      for await (const bytes of response.body) {
        if (gone.signal.aborted) break;
        await connection.downstream.write(encodeFrame({ kind: "data", bytes }));
      }
      await connection.downstream.write(encodeFrame({ kind: "end" }));
    } catch (error) {
      if (!(error instanceof TransportError) && !gone.signal.aborted) throw error;
      if (error instanceof TransportError && error.kind === "reset") connection.close("reset");
      else connection.downstream.end();
      break;
    }
  }
  connection.downstream.end();
}

async function readRequest(reader: FrameReader): Promise<WireRequest | null> {
  const head = await reader.next();
  if (head?.kind !== "head") return null;
  const chunks: Uint8Array[] = [];
  for (;;) {
    const frame = await reader.next();
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
