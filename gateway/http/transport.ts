import type { Dispatcher } from "undici";
import type { Signal } from "../../kernel/signal.ts";
import { TransportError, type Transport, type TransportRequest, type TransportResponse } from "../../kernel/transport.ts";
import { connector } from "./connector.ts";
import { decoded } from "./decoded.ts";
import { Exchange } from "./exchange.ts";
import { type ForwardProxies, noProxies, poolOf } from "./forward-proxy.ts";
import { LookUps } from "./look-ups.ts";
import { toTransportError } from "./transport-errors.ts";
import { LONG_BYTES } from "../core/long-body.ts";
import { slicedBody } from "./sliced-body.ts";
import { turnEnd } from "./turn.ts";

/**
 * A hard cap of connections a pool: a request above it would wait for a whole stream. Well above what one gateway
 * admits.
 */
const CONNECTIONS_MAX = 1024;

/**
 * Of an answer's headers in all. Node's own 16 KB are too few behind some proxies, and an answer refused for them is
 * billed.
 */
const HEADER_BYTES_MAX = 64 * 1024;

interface Target {
  readonly pool: Dispatcher;
  readonly origin: string;
  readonly path: string;
}

/**
 * HTTP/1.1 to providers over undici, one pool an origin. All deadlines but connect are the core's. Nothing is retried
 * here. Bodies are passed on as they arrive, so no encoding is asked for: without this header a server may choose one
 * (RFC 9110, 12.5.3). Where one chooses it all the same, it is undone.
 */
export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, Dispatcher>();
  /** Pools of removed origins, until their last answer has ended. */
  readonly #closing = new Set<Dispatcher>();
  /** By URL. */
  readonly #targets = new Map<string, Target>();
  readonly #connectMs: () => number;
  readonly #lookUps: LookUps;
  readonly #proxies: ForwardProxies;

  /** `connectMs` is read at each connect, so that a reloaded config takes effect; `lookUps` too. */
  constructor(connectMs: () => number, lookUps: LookUps = new LookUps(), proxies: ForwardProxies = noProxies) {
    this.#connectMs = connectMs;
    this.#lookUps = lookUps;
    this.#proxies = proxies;
  }

  async open(request: TransportRequest, signal: Signal): Promise<TransportResponse> {
    if (signal.aborted) throw new TransportError("aborted");
    const exchange = new Exchange(signal);
    const { method, headers } = request;
    try {
      const { pool, origin, path } = this.#target(request.url);
      const sent = { ...headers, "accept-encoding": "identity" };
      const parts = request.parts ?? [request.body];
      const length = parts.reduce((total, part) => total + part.length, 0);
      if (method === "GET" || length < LONG_BYTES) pool.dispatch({ origin, method, path, headers: sent, body: method === "GET" ? null : request.body }, exchange);
      else pool.dispatch({ origin, method, path, headers: { ...sent, "content-length": String(length) }, body: slicedBody(parts) }, exchange);
    } catch (error) {
      exchange.onResponseError(null, toTransportError(error));
    }
    const response = await exchange.response;
    await turnEnd();
    return decoded(response);
  }

  /** Closes the pools of all other origins once their requests have finished. */
  retain(origins: ReadonlySet<string>): void {
    this.#targets.clear();
    for (const [origin, pool] of this.#pools) {
      if (origins.has(origin)) continue;
      this.#pools.delete(origin);
      this.#closing.add(pool);
      void pool.close().then(() => this.#closing.delete(pool), () => this.#closing.delete(pool));
    }
  }

  /** Closes all connections, with what is open on them. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values(), ...this.#closing].map((pool) => pool.destroy()));
    this.#pools.clear();
    this.#targets.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Parsing a URL costs more than the rest of a dispatch, and there are no more URLs than deployments. */
  #target(url: string): Target {
    const known = this.#targets.get(url);
    if (known !== undefined) return known;
    const { origin, pathname, search } = new URL(url);
    const target = { pool: this.#pool(origin), origin, path: pathname + search };
    this.#targets.set(url, target);
    return target;
  }

  #pool(origin: string): Dispatcher {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const options = { connections: CONNECTIONS_MAX, connect: connector(this.#connectMs, this.#lookUps), connectTimeout: this.#connectMs(), headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: HEADER_BYTES_MAX };
    const pool = poolOf(origin, options, this.#proxies);
    this.#pools.set(origin, pool);
    return pool;
  }
}
