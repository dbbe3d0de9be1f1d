import type { Headers } from "../../kernel/transport.ts";
import type { VirtualKey } from "./config.ts";

/** The virtual key that a client sent; undefined for none and for an unknown one. */
export function keyOf(headers: Headers, keys: readonly VirtualKey[]): VirtualKey | undefined {
  const token = clientKey(headers);
  return keys.find(({ key }) => key === token);
}

/** The client's key: the token of `Authorization: Bearer <token>`, or `x-api-key` or `api-key`, as clients of Anthropic's and of Azure's send it. */
export function clientKey(headers: Headers): string | undefined {
  return bearerToken(headers) ?? (headers["x-api-key"]?.trim() || headers["api-key"]?.trim() || undefined);
}

function bearerToken(headers: Headers): string | undefined {
  return /^bearer\s+(\S+)\s*$/i.exec(headers["authorization"] ?? "")?.[1];
}
