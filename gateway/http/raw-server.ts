import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";

const BODY_BYTES_MAX = 10 * 1024 * 1024;

/** Longer than clients keep idle connections, so that the server never closes one while a request arrives. */
const KEEP_ALIVE_MS = 75_000;

/** How long a request may take to arrive, headers and body. Node's own default, which fastify turns off. */
const REQUEST_MS = 300_000;

/** How long a client may read nothing. nginx's `send_timeout`, and its value. */
export const STALLED_MS = 60_000;

/** A server whose handlers get exactly the bytes that the client sent. Gateway and edge have it in common. */
export function rawServer(frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: "idle",
    rewriteUrl: ({ url = "/" }) => originForm(url),
    frameworkErrors,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  return app;
}

/** A target may have scheme and host, as to a proxy: a server must accept that too (RFC 9112, section 3.2.2). */
function originForm(url: string): string {
  return url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]*(?=\/)/i, "");
}
