import { TransportError, type Headers } from "../../kernel/transport.ts";

/**
 * A connection that is reset in the middle of the response's header lines. To a client it is a `reset` like any other; a server on sockets
 * sends the status line and half of the lines before it.
 */
export class BrokenHead extends TransportError {
  readonly status: number;
  readonly headers: Headers;
  constructor(status: number, headers: Headers) {
    super("reset", "in the middle of the header");
    this.status = status;
    this.headers = headers;
  }
}
