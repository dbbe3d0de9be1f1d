import { z } from "zod";
import { gatewayStringUses } from "./string-uses.ts";

/**
 * A reference to a credential, never the credential. Messages do not quote it: somebody may have put the key itself
 * there, and it must not reach a log.
 */
export const reference = z.string().regex(/^(env:\S+|file:.*\S|vault:[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$/, "Expected a reference, env:NAME, file:PATH or vault:NAME: a key does not belong in a config").register(gatewayStringUses, { use: "secret" });

/** A reference for what the vault itself needs: it cannot be in the vault. */
export const ownReference = z.string().regex(/^(env:\S+|file:.*\S)$/, "Expected a reference, env:NAME or file:PATH").register(gatewayStringUses, { use: "secret" });

/** What a client sends as `Authorization: Bearer <key>`. */
export const clientKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, "Expected printable ASCII without spaces: no client could send it otherwise")
  .regex(/^(?!sha256:)|^sha256:[0-9a-f]{64}$/, "Expected 64 lower-case hex digits after sha256:");

/** A name that is sent in a response's headers. */
export const headerName = z.string().regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, "Expected printable ASCII: it is sent in headers");

/** For people, or passed on as it is. */
export const prose = z.string().register(gatewayStringUses, { use: "text" });

export const httpUrl = z
  .url({ protocol: /^https?$/, error: "Expected an http or https URL" })
  .refine((url) => !/^\w+:\/\/[^/?#]*@/.test(url), "A user or password does not belong in a URL: name the key by credential")
  .register(gatewayStringUses, { use: "target" });

/** Paths are appended to it. */
export const baseUrl = httpUrl.refine((url) => !url.endsWith("/"), "Expected no trailing slash").refine((url) => !/[?#]/.test(url), "Expected no query and no fragment").register(gatewayStringUses, { use: "target" });

/** `http://host:port`, as it begins the URLs that it is compared with. */
export const originUrl = httpUrl.refine((url) => /^https?:\/\/[^/?#]+$/.test(url), "Expected an origin: http://host:port, without a path").register(gatewayStringUses, { use: "target" });
