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
  /** HTTPS at a port that speaks plain HTTP. */
  EPROTO: "refused",
  UND_ERR_PRX_CONN: "refused",
  UND_ERR_PRX_TLS: "refused",
};

/** Codes of Node's TLS and of OpenSSL: a server whose certificate does not hold cannot be connected to. */
const tlsCode = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * An error of undici as the kernel's closed union. What is not in the table is an incomplete message: FIN before its
 * end (`UND_ERR_SOCKET`), a wrong length, bytes that are not HTTP. Hence `closed_early`.
 */
export function toTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error);
  if (isRefusedByProxy(error)) return new TransportError("refused", messageOf(error), { cause: error });
  if (tlsCode.test(code)) return new TransportError("refused", code, { cause: error });
  return new TransportError(kinds[code] ?? "closed_early", detailOf(error), { cause: error });
}

/** undici has no code for a proxy that opens no tunnel, such as for want of a password. */
function isRefusedByProxy(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Proxy response (");
}

/** Clients read it, and the addresses of the network behind the gateway are not for them. */
function detailOf(error: unknown): string {
  if (error instanceof AggregateError) return ownCode(error);
  const { syscall } = error as { syscall?: unknown };
  return typeof syscall === "string" ? `${syscall} ${ownCode(error)}` : messageOf(error);
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
