import { TransportError, type Headers } from "../../kernel/transport.ts";

/**
 * A connection that is reset in the middle of the response's headers. Callers in process see a `reset`. A server on
 * sockets first sends the status line and half of the header lines.
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
