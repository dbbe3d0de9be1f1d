import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { foreignRequest } from "../../kernel/foreign-request.ts";
import { listenBacklog } from "../../kernel/listen.ts";

const bodyBytesMax = 64 * 1_024;

/** A server of pages on loopback. */
export interface UiServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/TOKEN/`: who has it may do what the pages offer. */
  readonly url: string;
}

/**
 * Serves `routes` under a token that nobody can guess, on loopback. Rejects with LabError `port_in_use`,
 * `listen_failed`.
 */
export async function startUiServer(port: number, routes: (app: FastifyInstance) => void): Promise<UiServer> {
  const token = randomBytes(24).toString("base64url");
  const app = buildUi(token, routes);
  try {
    const url = await app.listen({ host: "127.0.0.1", port, backlog: listenBacklog });
    return { url: `${url}/${token}/`, [Symbol.asyncDispose]: () => app.close() };
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    const message = isTaken ? `Cannot serve the live page: port ${port} is in use` : `Cannot serve the live page: ${messageOf(error)}`;
    throw new LabError({ exit: "refused", code: isTaken ? "port_in_use" : "listen_failed", message, hint: "Give another port with --ui-port, or 0 for any", cause: error });
  }
}

/**
 * The app apart from its port. Every request must come by a loopback name, from no other origin, with no body but JSON,
 * and under the token.
 */
export function buildUi(token: string, routes: (app: FastifyInstance) => void): FastifyInstance {
  const app = fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(safeHeaders);
    const refusal = foreignRequest(controlRequest(request));
    if (refusal !== null) return refused(reply, refusal.status, refusal.message);
    const [, given = ""] = request.url.split(/[/?#]/);
    return sameText(given, token) ? undefined : refused(reply, 403, "Use the URL that the command printed: it has the token");
  });
  app.setNotFoundHandler((_request, reply) => refused(reply, 404, "There is no such page"));
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof LabError ? 409 : ((error as { readonly statusCode?: number }).statusCode ?? 500);
    return refused(reply, status, error instanceof LabError ? `${error.message}. ${error.hint}` : messageOf(error));
  });
  void app.register(async (own) => routes(own), { prefix: `/${token}` });
  return app;
}

/** No page may be kept, guessed at, or shown inside another one, where a click could be led astray. */
const safeHeaders = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": "frame-ancestors 'none'",
};

function controlRequest({ headers }: FastifyRequest): Parameters<typeof foreignRequest>[0] {
  const { host, origin, "content-type": contentType, "content-length": length = "0", "transfer-encoding": coding } = headers;
  return { host, origin, contentType, hasBody: length !== "0" || coding !== undefined };
}

/** In a time that does not depend on where they differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

export function refused(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: { message } });
}

export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.type("text/html; charset=utf-8").send(page);
}
