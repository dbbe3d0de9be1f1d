import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Secrets } from "../../kernel/seams.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { refused } from "./from-loopback.ts";

/** Who may read what names tenants, their traffic and their spend: `admin` of the config. */
export interface AdminSettings {
  readonly open: boolean;
  /** A reference that `Secrets` can read. */
  readonly key?: string;
}

export type AdminAccess = (authorization: string | undefined) => Promise<boolean>;

/** Everybody where it is `open`, holders of the key where there is one, and else nobody. */
export function adminAccess({ open, key }: AdminSettings, secrets: Secrets): AdminAccess {
  return async (authorization) => {
    if (open || key === undefined) return open;
    const given = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined) return false;
    return secrets.read(key, neverSignal).then((secret) => isSame(given, secret), () => false);
  };
}

/** In a time that depends on neither text. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** `handler` for those who may, and `otherwise` for all others. */
export function forAdmins(mayAdminister: AdminAccess, handler: Handler, otherwise: Handler): Handler {
  return async (request, reply) => ((await mayAdminister(request.headers.authorization)) ? handler(request, reply) : otherwise(request, reply));
}

export function keyRequired(_: FastifyRequest, reply: FastifyReply): FastifyReply {
  return refused(reply.header("www-authenticate", "Bearer"), 401, "admin_key_required", "This path needs the key of the configuration's admin.key");
}
