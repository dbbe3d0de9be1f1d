import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { Agent } from "undici";
import { isOnOwnNetwork } from "../../kernel/own-network.ts";
import { pinnedLookup, type Pins } from "../../kernel/pinned-lookup.ts";
import { TransportError, type Transport } from "../../kernel/transport.ts";
import { UndiciExchange } from "./undici-exchange.ts";

/**
 * The HTTP client of the load generator and the relay: HTTP/1.1 keep-alive connections, as many as there are requests
 * in flight. It has no deadlines of its own, because undici's fire up to a second late: the caller cancels its signal.
 * It asks for unencoded answers, because its callers read them as they pass.
 */
const lookUpService: LookupFunction = lookup;

export class UndiciTransport implements Transport {
  readonly #agent: Agent;

  /** `pins`: where names lead; an address needs none. */
  /** On a network of its own the names of services are looked up. */
  constructor(pins: Pins = {}) {
    this.#agent = new Agent({ connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 30_000, lookup: pinnedLookup(pins, isOnOwnNetwork(process.env) ? lookUpService : null) } });
  }

  /** Opens a request as `Transport` declares. Rejects with `TransportError` only. */
  open(...[request, signal]: Parameters<Transport["open"]>): ReturnType<Transport["open"]> {
    if (signal.aborted) return Promise.reject(new TransportError("aborted", String(signal.reason)));
    const [, origin, path] = /^(https?:\/\/[^/?]+)(.*)$/s.exec(request.url) ?? [];
    if (origin === undefined) return Promise.reject(new TransportError("dns", request.url));
    const exchange = new UndiciExchange(signal);
    const { method, headers, body } = request;
    this.#agent.dispatch({ origin, path: path || "/", method, headers: { ...headers, "accept-encoding": "identity" }, body: method === "GET" ? null : body }, exchange);
    return exchange.response;
  }

  /** Closes every connection, those in use too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
