import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { readRequestBody } from "./read-request-body.ts";

/** Of a request, once its encoding is undone; where no other limit is given. */
export const BODY_BYTES_MAX = 10 * 1024 * 1024;

/** Longer than clients keep idle connections, so that the server never closes one while a request arrives. */
const KEEP_ALIVE_MS = 75_000;

/** How long a request may take to arrive, headers and body. Node's own default, which fastify turns off. */
const REQUEST_MS = 300_000;

/** How long a client may read nothing. nginx's `send_timeout`, and its value. */
export const STALLED_MS = 60_000;

/** A server whose handlers get exactly the bytes that the client sent. Gateway and edge have it in common. */
export function rawServer(frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void, bodyBytesMax = BODY_BYTES_MAX): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: "idle",
    rewriteUrl: ({ url = "/" }) => originForm(url),
    frameworkErrors,
    clientErrorHandler: refuseUnreadable,
  });
  app.server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    /** A body that is too large is refused before it is sent (RFC 9110, section 10.1.1). */
    if (!(Number(request.headers["content-length"]) > bodyBytesMax)) response.writeContinue();
    app.server.emit("request", request, response);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", readRequestBody(bodyBytesMax));
  return app;
}

/**
 * Answers what is no HTTP request, or has more headers than fit, in the words of OpenAI's errors: which dialect its
 * client speaks is not known yet, and SDKs of all of them show the message.
 */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const { status, code, message } = unreadable[error.code ?? ""] ?? { status: "400 Bad Request", code: "invalid_http", message: "This is not an HTTP/1.1 request." };
  const body = JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code } });
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nX-Request-Id: ${randomBytes(8).toString("hex")}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  socket.destroySoon();
}

const unreadable: Readonly<Record<string, { readonly status: string; readonly code: string; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: "431 Request Header Fields Too Large", code: "headers_too_large", message: "The headers are larger than 16 KB." },
  ERR_HTTP_REQUEST_TIMEOUT: { status: "408 Request Timeout", code: "request_timeout", message: "The request did not come whole in time." },
};

/** A target may have scheme and host, as to a proxy: a server must accept that too (RFC 9112, section 3.2.2). */
function originForm(url: string): string {
  return url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]*(?=\/)/i, "");
}
