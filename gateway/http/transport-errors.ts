import { messageOf } from "../../kernel/errors.ts";
import { TransportError, type TransportFailure } from "../../kernel/transport.ts";

/** Codes of Node's sockets and resolver, and of undici. */
const kinds: Readonly<Record<string, TransportFailure>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EADDRNOTAVAIL: "refused",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  ETIMEDOUT: "connect_timeout",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  UND_ERR_HEADERS_OVERFLOW: "headers_too_large",
  UND_ERR_ABORTED: "aborted",
};

/**
 * An error of undici as the kernel's closed union. What is not in the table is an incomplete message: FIN before its
 * end (`UND_ERR_SOCKET`), a wrong length, bytes that are not HTTP. Hence `closed_early`.
 */
export function toTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError(kinds[codeOf(error)] ?? "closed_early", messageOf(error), { cause: error });
}

/** undici wraps some socket errors: then the cause has the specific code. */
function codeOf(error: unknown): string {
  const own = ownCode(error);
  if (error instanceof Error && error.cause !== undefined && !(own in kinds)) return ownCode(error.cause);
  return own;
}

function ownCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
