import type { Signal } from "./signal.ts";

/** Why bytes did not arrive. Closed: every rim maps what its runtime throws to one of these. */
export type TransportFailure = "dns" | "refused" | "connect_timeout" | "reset" | "closed_early" | "headers_too_large" | "aborted";

/**
 * A connection that failed. Thrown by `Transport.open`, and while a body is read. A handler (`Handler`) throws it to
 * choose how its server ends the connection: `reset` sends RST, `closed_early` sends FIN before the message is
 * complete.
 */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: TransportFailure;
  constructor(kind: TransportFailure, detail = "", options?: ErrorOptions) {
    super(detail === "" ? kind : `${kind}: ${detail}`, options);
    this.kind = kind;
  }
}

/** Header names are lower case; a repeated header is joined with ", ". */
export type Headers = Readonly<Record<string, string>>;

export interface TransportRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** A long body in parts, which are sent one after the other. Whoever reads `body` then has it joined. */
  readonly parts?: readonly Uint8Array[];
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: Headers;
  /**
   * Ends when the message is complete by HTTP's own framing; throws `TransportError` when it is not. May be read once.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The one way out of a core, in bytes, so that both sides' dialects run above it in both harnesses. `signal` cancels in
 * every phase, including the body: what waits then rejects with `TransportError("aborted")`. A body that is closed
 * early (`break`) closes its connection.
 */
export interface Transport {
  open(request: TransportRequest, signal: Signal): Promise<TransportResponse>;
}

/** One HTTP request as a server's core sees it. */
export interface WireRequest {
  readonly method: string;
  /** With the query, without the origin: `/v1/chat/completions`. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The request's ordinal on its connection, from 0; absent where it is not counted. */
  readonly onConnection?: number;
  /** The plan's link by which its connection came; absent where the listener does not know. */
  readonly link?: string;
}

/** One HTTP response of a server's core. The rim writes each chunk as it comes and waits until the client reads it. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * A server's core: the gateway and the simulators are this, in both harnesses. `signal` is cancelled when the client
 * goes away. It rejects, or its body throws, with `TransportError` to break the connection; any other throw is a bug,
 * and the rim answers 500.
 */
export type Handler = (request: WireRequest, signal: Signal) => Promise<WireResponse>;

/** A body of given chunks. */
export async function* bodyOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
