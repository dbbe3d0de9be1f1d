import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Secrets } from "../../kernel/seams.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { isLoopbackAddress, refused, refusedAsForeign } from "./from-loopback.ts";

/** Who may read what names tenants, their traffic and their spend: `admin` of the config. */
export interface AdminSettings {
  readonly open: boolean;
  /** A reference that `Secrets` can read. */
  readonly key?: string;
}

export type AdminAccess = (authorization: string | undefined) => Promise<"open" | "by_key" | "refused">;

/** Everybody where it is `open`, holders of the key where there is one, and else nobody. */
export function adminAccess({ open, key }: AdminSettings, secrets: Secrets): AdminAccess {
  return async (authorization) => {
    if (open || key === undefined) return open ? "open" : "refused";
    const given = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined) return "refused";
    return secrets.read(key, neverSignal).then((secret) => (isSame(given, secret) ? "by_key" : "refused"), () => "refused");
  };
}

/** In a time that depends on neither text. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/**
 * `handler` for those who may, and `otherwise` for all others. Over loopback, a page in a browser is refused, because
 * its reads reach the machine too, unless it has the key: a page that has it was given it. Over a network, the gateway
 * has names of its own, which no Host header can be judged by.
 */
export function forAdmins(mayAdminister: AdminAccess, handler: Handler, otherwise: Handler): Handler {
  return async (request, reply) => {
    const access = await mayAdminister(request.headers.authorization);
    const refusal = access !== "by_key" && isLoopbackAddress(request.ip) ? refusedAsForeign(request, reply) : null;
    return refusal ?? (access === "refused" ? otherwise : handler)(request, reply);
  };
}

export function keyRequired(_: FastifyRequest, reply: FastifyReply): FastifyReply {
  return refused(reply.header("www-authenticate", "Bearer"), 401, "admin_key_required", "This path needs the key of the configuration's admin.key");
}
