import { sha256Hex } from "../../kernel/sha256.ts";
import type { Headers } from "../../kernel/transport.ts";
import type { VirtualKey } from "./config.ts";

/** How a configuration gives a key that it does not hold: by its digest. */
const digestPrefix = "sha256:";

/** What a configuration holds of a key that is a secret of its clients alone. */
export const digestOfKey = (key: string): string => `${digestPrefix}${sha256Hex(key)}`;

/**
 * The virtual key that a client sent; undefined for none and for an unknown one. A digest is no key: who has read a
 * configuration cannot send it.
 */
export function keyOf(headers: Headers, keys: readonly VirtualKey[]): VirtualKey | undefined {
  const token = clientKey(headers);
  if (token === undefined || token.startsWith(digestPrefix)) return undefined;
  let digest: string | null = null;
  return keys.find(({ key }) => key === (key.startsWith(digestPrefix) ? (digest ??= digestOfKey(token)) : token));
}

/**
 * The client's key: the token of `Authorization: Bearer <token>`, or `x-api-key` or `api-key`, as clients of
 * Anthropic's and of Azure's send it.
 */
export function clientKey(headers: Headers): string | undefined {
  return bearerToken(headers) ?? (headers["x-api-key"]?.trim() || headers["api-key"]?.trim() || undefined);
}

function bearerToken(headers: Headers): string | undefined {
  return /^bearer\s+(\S+)\s*$/i.exec(headers["authorization"] ?? "")?.[1];
}
