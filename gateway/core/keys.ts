import type { Headers } from "../../kernel/transport.ts";
import type { VirtualKey } from "./config.ts";

/** Whom a bearer token stands for; undefined for none and for an unknown one. */
export function keyOf(headers: Headers, keys: readonly VirtualKey[]): VirtualKey | undefined {
  const token = bearerToken(headers);
  return keys.find(({ key }) => key === token);
}

/** The token of `Authorization: Bearer <token>`. */
export function bearerToken(headers: Headers): string | undefined {
  return /^bearer\s+(\S+)\s*$/i.exec(headers["authorization"] ?? "")?.[1];
}
