import type { FastifyReply, FastifyRequest } from "fastify";
import { foreignRequest } from "../../kernel/foreign-request.ts";
import { isOnOwnNetwork } from "../../kernel/own-network.ts";

const onOwnNetwork = isOnOwnNetwork(process.env);

export type AdminHandler<Route extends object> = (request: FastifyRequest<Route>, reply: FastifyReply) => FastifyReply;

/** Accepts a request only from this machine, not from a page in a browser, and with no body but JSON. */
export function fromLoopback<Route extends object>(handler: AdminHandler<Route>): AdminHandler<Route> {
  return (request, reply) => {
    if (!isLocal(request)) return refused(reply, 403, "foreign_request", "This path accepts requests from this machine only, over a loopback address");
    return refusedAsForeign(request, reply) ?? handler(request, reply);
  };
}

/** The refusal of a request from a page in a browser, sent; null for any other request. */
export function refusedAsForeign({ headers }: Pick<FastifyRequest, "headers">, reply: FastifyReply): FastifyReply | null {
  const { host, origin, "content-type": contentType, "content-length": length = "0", "transfer-encoding": coding } = headers;
  const refusal = foreignRequest({ host, origin, contentType, hasBody: length !== "0" || coding !== undefined }, { onOwnNetwork });
  return refusal === null ? null : refused(reply, refusal.status, refusal.status === 415 ? "not_json" : "foreign_request", refusal.message);
}

/**
 * Whether a request began on this machine, or on the network of its own: over a loopback address, and no proxy says
 * that it passed on another's.
 */
export function isLocal({ ip, headers }: Pick<FastifyRequest, "ip" | "headers">): boolean {
  return (isLoopbackAddress(ip) || onOwnNetwork) && forwardedBy.every((name) => headers[name] === undefined);
}

/** What reverse proxies add: RFC 7239, RFC 9110 and the older ones. */
const forwardedBy = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

export function isLoopbackAddress(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === "::1";
}

export const done = (reply: FastifyReply) => reply.code(204).send();

export function refused(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}
