import type { FastifyReply, FastifyRequest } from "fastify";

export type AdminHandler<Route extends object> = (request: FastifyRequest<Route>, reply: FastifyReply) => FastifyReply;

/**
 * Accepts a request only over a loopback address. A page in a browser can reach a loopback port by a name that resolves
 * to it (the Host header shows that) or from another origin.
 */
export function fromLoopback<Route extends object>(handler: AdminHandler<Route>): AdminHandler<Route> {
  return (request, reply) => {
    const { host = "", origin } = request.headers;
    const isLoopback = isLoopbackAddress(request.ip) && /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host);
    if (isLoopback && (origin === undefined || origin === `http://${host}`)) return handler(request, reply);
    const message = "This path accepts requests by a loopback address only, and from no other origin";
    return refused(reply, 403, "foreign_request", message);
  };
}

function isLoopbackAddress(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === "::1";
}

export const done = (reply: FastifyReply) => reply.code(204).send();

export function refused(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
