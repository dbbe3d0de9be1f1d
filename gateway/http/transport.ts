import { Pool } from "undici";
import type { Signal } from "../../kernel/signal.ts";
import { TransportError, type Transport, type TransportRequest, type TransportResponse } from "../../kernel/transport.ts";
import { connector } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { toTransportError } from "./transport-errors.ts";

/** A pool's connections are a hard cap: a request beyond it would wait for a whole stream. Well above what one gateway admits. */
const CONNECTIONS_MAX = 1024;

/** HTTP/1.1 to providers over undici, one pool an origin. All deadlines but the connect are the core's; nothing is retried here. */
export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, Pool>();
  readonly #connectMs: () => number;

  /** `connectMs` is read at each connect, so that a reloaded config takes effect. */
  constructor(connectMs: () => number) {
    this.#connectMs = connectMs;
  }

  async open(request: TransportRequest, signal: Signal): Promise<TransportResponse> {
    if (signal.aborted) throw new TransportError("aborted");
    const exchange = new Exchange(signal);
    const { method, headers, body } = request;
    try {
      const [origin, path] = partsOf(request.url);
      this.#pool(origin).dispatch({ method, path, headers: { ...headers }, body: method === "GET" ? null : body }, exchange);
    } catch (error) {
      exchange.onResponseError(null, toTransportError(error));
    }
    return await exchange.response;
  }

  /** Breaks what is open and closes all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, { connections: CONNECTIONS_MAX, connect: connector(this.#connectMs), headersTimeout: 0, bodyTimeout: 0 });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** Origin and path of a URL that is known to be one: `https://host:1/v1`. Taking it to pieces in full costs more than the rest of a dispatch. */
function partsOf(url: string): readonly [origin: string, path: string] {
  const at = url.indexOf("/", url.indexOf("//") + 2);
  return at === -1 ? [url, "/"] : [url.slice(0, at), url.slice(at)];
}
