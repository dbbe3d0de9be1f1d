import { Agent, request as undiciRequest, type Dispatcher } from "undici";
import type { Signal } from "../../kernel/signal.ts";
import { TransportError, type Transport, type TransportFailure } from "../../kernel/transport.ts";

/**
 * The load generator's way out: HTTP/1.1 keep-alive connections, as many as there are requests in flight. It has no deadlines of its own
 * (undici's fire up to a second late); the caller's signal ends what takes too long.
 */
export class UndiciTransport implements Transport {
  readonly #agent = new Agent({ connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 30_000 } });

  /** See `Transport`. Rejects with `TransportError` only. */
  async open(...[request, signal]: Parameters<Transport["open"]>): ReturnType<Transport["open"]> {
    const aborter = new AbortController();
    const detach = signal.onAbort(() => aborter.abort());
    try {
      const { method, headers, body } = request;
      const response = await undiciRequest(request.url, {
        dispatcher: this.#agent,
        method,
        headers,
        body: method === "GET" ? null : body,
        signal: aborter.signal,
      });
      return { status: response.statusCode, headers: plainHeaders(response.headers), body: chunks(response.body, signal, detach) };
    } catch (error) {
      detach();
      throw transportError(error, signal);
    }
  }

  /** Closes every connection, those in use too. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

async function* chunks(body: Dispatcher.ResponseData["body"], signal: Signal, detach: () => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (error) {
    throw transportError(error, signal);
  } finally {
    detach();
  }
}

const plainHeaders = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(joints[name] ?? ", ") : (value ?? "")]));

/** Cookies cannot be joined by a comma (RFC 9110, 5.3). A line end is in no value, so that the relay's server can part them again. */
const joints: Readonly<Record<string, string>> = { "set-cookie": "\n" };

/** By the codes of Node and undici; a connection that ends in a way we do not know was cut. */
const failures: Readonly<Record<string, TransportFailure>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  ETIMEDOUT: "connect_timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
};

function transportError(error: unknown, signal: Signal): TransportError {
  if (signal.aborted) return new TransportError("aborted", String(signal.reason));
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new TransportError(failures[code] ?? "closed_early", `${code} ${message}`, { cause: error });
}
